// What an operator wants of a checkout: the `saga` commands as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <checkout/ids.hpp>
#include <checkout/result.hpp>

namespace checkout::app::operate {

struct SagaCommand {
  enum class Action { Show, List, Retry, Refund, Resolve };
  Action action = Action::List;
  SagaId sagaId;                       // all but List
  std::optional<std::int64_t> amount;  // Refund: smallest unit; nullopt: what is left
  bool again = false;                  // Refund: although the last one was the same
  std::string reason;                  // Refund and Resolve
  std::string about;                   // Resolve: a part of what is stuck; empty: whatever is
  std::string operatorName;            // Retry, Refund and Resolve
  std::optional<TenantId> tenant;      // List: only this one's
  bool stuckOnly = false;              // List
  bool asJson = false;                 // Show and List
  bool withPage = false;               // Show: ask Stripe for the lines of the payment page
};

const char* nameOf(SagaCommand::Action action);  // "refund"

// ValidationFailed unless it is complete and fit to be stored: no control characters, no card number.
Result<void> checkCommand(const SagaCommand& command);

// Retry, Refund, Resolve and Show with its page, on their way to the process that has the store open.
std::string toLine(const SagaCommand& command);
Result<SagaCommand> commandFromLine(std::string_view line);  // checked

}  // namespace checkout::app::operate

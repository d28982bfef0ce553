// Where an operator's retry, refund or resolve is done, and Stripe asked, whichever way the command came:
// over the socket beside the store, or because its own command has the store open.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/clock.hpp>
#include <checkout/store.hpp>

#include "app/operate/saga_command.hpp"
#include "app/operate/saga_report.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::app::operate {

struct DeskAnswer {
  std::optional<Error> error;       // why it was not done, or not yet; what to do about it
  std::vector<std::string> lines;   // what has become of the checkout
  std::vector<PageLine> page = {};  // Show: the lines of its payment page, as Stripe has them
};
std::string toLine(const DeskAnswer& answer);
Result<DeskAnswer> answerFromLine(std::string_view line);

// Thread-safe. The references must outlive it.
class Desk {
 public:
  Desk(Store& store, saga::CheckoutService& checkouts, const Clock& clock)
      : store_(store), checkouts_(checkouts), clock_(clock) {}

  // Show: the lines of the payment page, which only Stripe knows. Retry, Refund and Resolve are done.
  // Blocks for as long as Stripe takes. What was done is in the checkout's history, as by operator:NAME.
  DeskAnswer perform(const SagaCommand& command);
  std::string answer(std::string_view line);  // the same for the socket, and the commands about stock

 private:
  DeskAnswer carryOut(const SagaReport& before, const SagaCommand& command);
  Store& store_;
  saga::CheckoutService& checkouts_;
  const Clock& clock_;
};

}  // namespace checkout::app::operate

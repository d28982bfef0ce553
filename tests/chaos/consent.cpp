#include "chaos/consent.hpp"

#include <checkout/saga.hpp>

namespace checkout::chaos {
namespace {

std::optional<std::int64_t> amountAt(const Json& json, const char* pointer) {
  const Json::json_pointer place(pointer);
  if (!json.contains(place) || !json[place].is_number_integer()) return std::nullopt;
  return json[place].get<std::int64_t>();
}

}  // namespace

void Consent::learn(const Json& answer) {
  if (const auto changed = amountAt(answer, "/error/details/total/amount")) shown = changed;  // TOTAL_CHANGED
  const auto status = sagaStatusFromString(answer.value("status", ""));
  const auto total = amountAt(answer, "/totals/total/amount");
  if (!answer.contains("nextAction") || !status || isTerminal(*status) || !total) return;  // no live checkout
  shown = total;
  const Json payment = answer.value("payment", Json::object());
  if (*status == SagaStatus::PaymentPending && payment.contains("url") && payment.contains("sessionId"))
    pages[payment["sessionId"].get<std::string>()] = *total;
}

void Consent::charge(std::optional<std::int64_t> expected) {
  if (!expected) expected = shown;
  if (expected)
    totals.insert(*expected);
  else
    isBlind = true;
}

}  // namespace checkout::chaos

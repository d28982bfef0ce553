#include "app/operate/desk.hpp"

#include <algorithm>

#include "app/operate/page_lines.hpp"
#include "app/operate/stock_desk.hpp"
#include "base/json_gate.hpp"
#include "base/log.hpp"

namespace checkout::app::operate {
namespace {

using Action = SagaCommand::Action;

// Of our own user's process: more than a payment page of a hundred lines.
constexpr JsonLimits kAnswerLimits{.maxBytes = 4 * 1024 * 1024, .maxNodes = 100'000};

bool isIn(const std::vector<RefundEntry>& refunds, const RefundEntry& wanted) {
  return std::any_of(refunds.begin(), refunds.end(),
                     [&](const RefundEntry& refund) { return refund.refundId == wanted.refundId; });
}

bool isOurs(const RefundEntry& refund, const SagaReport& before, const SagaReport& after) {
  const auto id = [](const SagaReport& report) {
    return report.saga.refundMade ? report.saga.refundMade->refundId : std::string();
  };
  const bool byHand = id(after) == refund.refundId && id(before) != refund.refundId;
  return byHand || after.saga.compensation.refundId == refund.refundId;
}

std::string textIn(const Json& json, const char* member) {
  const bool isThere = json.is_object() && json.contains(member) && json[member].is_string();
  return isThere ? json[member].get<std::string>() : std::string();
}

std::vector<std::string> describeOutcome(const SagaReport& before, const SagaReport& after, TimePoint now) {
  const Saga& saga = after.saga;
  std::string status =
      saga.id.value + " (" + saga.tenantId.value + ") is " + std::string(toString(saga.status));
  if (saga.payment.attempt > 0) status.append(", its payment ").append(toString(saga.payment.state));
  std::vector<std::string> lines = {status + "."};
  for (std::size_t i = before.events.size(); i < after.events.size(); ++i)
    if (const std::string settled = textIn(after.events[i].data, "settled"); !settled.empty())
      lines.push_back("Settled: " + settled + ".");
  for (const RefundEntry& refund : after.refunds)
    if (!isIn(before.refunds, refund))
      lines.push_back((isOurs(refund, before, after) ? "Refunded " : "Found at Stripe, not made by this: ") +
                      display(refund.amount) + ": " + refund.refundId + ", " + refund.status + ".");
  for (const RefundRequest& owed : saga.refundsOwed)
    lines.push_back("Still to be refunded: " + display(owed.amount) + ". It is tried again by itself.");
  if (saga.payment.amountPaid && !after.refunds.empty())
    lines.push_back("Left of the payment: " + display(after.refundable) + " of " +
                    display(*saga.payment.amountPaid) + ".");
  if (const auto why = saga::whyStuck(saga, now)) {
    lines.push_back("Stuck: " + *why);
    lines.push_back("What to do: " + whatToDo(saga, now));
  }
  return lines;
}

DeskAnswer askForPage(saga::CheckoutService& checkouts, const Saga& saga) {
  auto page = checkouts.pageLines(saga.tenantId, saga.id);
  return page.ok() ? DeskAnswer{{}, {}, std::move(*page)} : DeskAnswer{page.error(), {}};
}

Result<Saga> doOn(saga::CheckoutService& checkouts, const Saga& saga, const SagaCommand& command) {
  const std::string who = "operator:" + command.operatorName;
  if (command.action == Action::Retry) return checkouts.resume(saga.tenantId, saga.id, who);
  if (command.action == Action::Refund)
    return checkouts.refund(saga.tenantId, saga.id, command.amount, command.reason, who, command.again);
  return checkouts.resolve(saga.tenantId, saga.id, command.reason, who, command.about);
}

}  // namespace

std::string toLine(const DeskAnswer& answer) {
  Json json = {{"ok", !answer.error}, {"lines", answer.lines}};
  if (!answer.page.empty()) json["page"] = pageLinesToJson(answer.page);
  if (answer.error) json["error"] = toJson(*answer.error);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<DeskAnswer> answerFromLine(std::string_view line) {
  const Error unexpected(
      ErrorCode::ServiceUnavailable,
      "The process that has the store open gave an answer that is not understood. It may be "
      "of another release; see what became of the checkout with saga show.");
  const auto json = parseUntrustedJson(line, kAnswerLimits);
  if (!json.ok() || !json->is_object() || !json->contains("ok") || !json->contains("lines"))
    return unexpected;
  DeskAnswer answer;
  for (const Json& text : (*json)["lines"])
    if (text.is_string()) answer.lines.push_back(text.get<std::string>());
  if (json->contains("page")) {
    auto page = pageLinesFromJson((*json)["page"]);
    if (!page) return unexpected;
    answer.page = std::move(*page);
  }
  if ((*json)["ok"] == true) return answer;
  const Json error = json->contains("error") ? (*json)["error"] : Json();
  answer.error = Error(errorCodeFromString(textIn(error, "code")).value_or(ErrorCode::Internal),
                       textIn(error, "message"));
  return answer;
}

DeskAnswer Desk::perform(const SagaCommand& command) {
  const auto report = readReport(store_, command.sagaId);
  if (!report.ok()) return {report.error(), {}};
  const Saga& saga = report->saga;
  log::info("an operator's command", {{"command", nameOf(command.action)},
                                      {"saga", saga.id.value},
                                      {"tenant", saga.tenantId.value},
                                      {"operator", command.operatorName}});
  DeskAnswer answer =
      command.action == Action::Show ? askForPage(checkouts_, saga) : carryOut(*report, command);
  if (answer.error && answer.error->code == ErrorCode::TenantNotFound)
    answer.error = Error(ErrorCode::TenantNotFound, "The checkout is of tenant " + saga.tenantId.value +
                                                        ", which is not in the configuration used here.");
  return answer;
}

DeskAnswer Desk::carryOut(const SagaReport& before, const SagaCommand& command) {
  const auto saga = doOn(checkouts_, before.saga, command);
  DeskAnswer answer;
  if (!saga.ok()) answer.error = saga.error();
  const auto after = readReport(store_, command.sagaId);
  if (after.ok()) answer.lines = describeOutcome(before, *after, clock_.now());
  return answer;
}

std::string Desk::answer(std::string_view line) {
  if (const auto stock = stockCommandFromLine(line))
    return toLine(stock->ok() ? operate::perform(store_, **stock) : DeskAnswer{stock->error(), {}});
  const auto command = commandFromLine(line);
  return toLine(command.ok() ? perform(*command) : DeskAnswer{command.error(), {}});
}

}  // namespace checkout::app::operate

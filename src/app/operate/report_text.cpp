#include <algorithm>

#include "app/operate/page_lines.hpp"
#include "app/operate/printable.hpp"
#include "app/operate/saga_report.hpp"
#include "saga/checkout_service.hpp"
#include "saga/payment.hpp"

namespace checkout::app::operate {
namespace {

bool isDisputed(const SagaReport& report) {
  return std::any_of(report.disputes.begin(), report.disputes.end(), [](const DisputeEntry& dispute) {
    return dispute.status != "won" && dispute.status != "warning_closed" && dispute.status != "prevented";
  });
}

using Rows = std::vector<std::vector<std::string>>;

std::string inWords(const Json& value);

// "step process_payment, operation refund"
std::string membersInWords(const Json& object) {
  std::string text;
  for (const auto& [name, member] : object.items()) {
    if (name == "cartDigest") continue;  // of no use to a reader
    if (!text.empty()) text += ", ";
    text.append(name).append(1, ' ').append(inWords(member));
  }
  return text;
}

std::string inWords(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    std::string text;
    for (const Json& item : value) text.append(text.empty() ? "" : "; ").append(inWords(item));
    return text;
  }
  if (!value.is_object()) return value.dump();
  const auto amount = value.find("amount"), currency = value.find("currency");
  if (amount != value.end() && amount->is_number_integer() && currency != value.end() &&
      currency->is_string())
    return display({amount->get<std::int64_t>(), {currency->get<std::string>()}});
  return membersInWords(value);
}

void writeRows(Page& page, std::string_view title, const Rows& rows) {
  if (rows.empty()) return;
  page.gap();
  page.line(title);
  for (const std::string& line : aligned(rows)) page.line("  " + line);
}

std::string stepsInWords(const std::vector<StepName>& steps) {
  std::string text;
  for (const StepName step : steps) text.append(text.empty() ? "" : ", ").append(toString(step));
  return text;
}

std::string errorInWords(const Error& error) {
  return std::string(toString(error.code)).append(": ").append(error.message);
}

void writeHead(Page& page, const Saga& saga, TimePoint now) {
  page.line(saga.id.value + "  " + std::string(toString(saga.status)));
  page.field("tenant", saga.tenantId.value);
  page.field("user", saga.userId.value + ", cart " + saga.cartId.value +
                         (saga.email.empty() ? "" : ", " + saga.email));
  page.field("started", toIso8601(saga.createdAt));
  page.field("changed", toIso8601(saga.updatedAt) + ", " + roughly(now - saga.updatedAt) + " ago");
  if (saga.attempt > 1) page.field("attempt", std::to_string(saga.attempt));
  if (saga.currentStep) page.field("step", toString(*saga.currentStep));
  page.field("done", stepsInWords(saga.completedSteps));
  if (saga.error) page.field("error", errorInWords(*saga.error));
  page.field("undone", stepsInWords(saga.compensation.steps));
  page.field("because", saga.compensation.reason);
  if (const auto why = saga::whyStuck(saga, now)) page.field("STUCK", *why);
  page.field("what to do", whatToDo(saga, now));
}

void writeTotals(Page& page, const Saga& saga) {
  Rows rows;
  for (const LineItem& item : saga.cart.items)
    rows.push_back(
        {std::to_string(item.quantity) + " × " + item.name, item.productId.value, display(item.lineTotal)});
  const Totals& totals = saga.totals;
  if (saga.shipping)
    rows.push_back({"shipping", saga.shipping->carrierName + " " + saga.shipping->serviceName,
                    display(totals.shipping)});
  if (totals.tax.amount != 0) rows.push_back({"tax", "", display(totals.tax)});
  if (totals.discount.amount != 0) rows.push_back({"discount", "", display(totals.discount)});
  rows.push_back({"total", "", display(totals.total)});
  writeRows(page, "Cart", rows);
}

void writeSums(Page& page, std::string_view title, std::string_view first, const Totals& sums) {
  writeRows(page, title,
            {{std::string(first), display(sums.subtotal)},
             {"shipping", display(sums.shipping)},
             {"tax", display(sums.tax)},
             {"discount", display(sums.discount)},
             {"total", display(sums.total)}});
}

// What was asked for, what the page came to where that is something else, and its lines.
void writePage(Page& page, const SagaReport& report) {
  const Payment& payment = report.saga.payment;
  const Totals& frozen = payment.asked ? *payment.asked : report.saga.totals;
  if (payment.asked) writeSums(page, "Totals as frozen, before the customer's choices", "subtotal", frozen);
  if (payment.page && (payment.asked || payment.page->sums.total != frozen.total))
    writeSums(page, "Totals of the payment page, as recorded", "all lines", payment.page->sums);
  if (report.pageLines)
    writeRows(page, "Lines of the payment page, as Stripe has them", pageLineRows(*report.pageLines));
}

void writePayment(Page& page, const SagaReport& report) {
  const Payment& payment = report.saga.payment;
  if (payment.attempt == 0) return;
  page.gap();
  page.line("Payment");
  std::string state(toString(payment.state));
  if (payment.confirmedBy) state.append(", confirmed by ").append(toString(*payment.confirmedBy));
  if (report.saga.call) state.append("; Stripe's answer to the last call is missing");
  page.field("state", state);
  page.field("session", payment.sessionId.value_or(""));
  page.field("intent", payment.paymentIntentId.value_or(""));
  if (payment.amountPaid)
    page.field("paid",
               display(*payment.amountPaid) + ", of which " + display(report.refundable) +
                   (isDisputed(report) ? " was not given back (it is disputed: Stripe refunds nothing of it)"
                                       : " can still be refunded"));
  for (const RefundRequest& owed : report.saga.refundsOwed)
    page.field("owed", display(owed.amount) + " of " + owed.paymentIntentId + ", asked by " +
                           owed.requestedBy + ": " + owed.reason);
  if (payment.expiresAt && saga::isPayable(payment)) page.field("page until", toIso8601(*payment.expiresAt));
  if (payment.lastError) page.field("last try", errorInWords(*payment.lastError));
  page.field("request", payment.requestId.value_or(""));
}

void writeHistory(Page& page, const SagaReport& report, const std::vector<HistoryProblem>& problems) {
  Rows rows;
  for (const SagaEvent& event : report.events) {
    std::string status(toString(event.from));
    if (event.from != event.to) status.append(" → ").append(toString(event.to));
    const std::string number = std::to_string(event.sequence);
    rows.push_back({std::string(number.size() < 3 ? 3 - number.size() : 0, ' ') + number, toIso8601(event.at),
                    event.actor, event.type, status});
  }
  const auto lines = aligned(rows);
  page.gap();
  page.line("History");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const SagaEvent& event = report.events[i];
    page.line("  " + lines[i]);
    const std::string data = membersInWords(event.data);
    if (!data.empty()) page.line("       " + data);
    for (const HistoryProblem& problem : problems)
      if (problem.event == event.sequence) page.line("       !!! " + problem.what);
  }
}

void writeMoney(Page& page, const SagaReport& report) {
  Rows calls, refunds, disputes;
  for (const CallRecord& call : report.calls)
    calls.push_back({toIso8601(call.createdAt), std::string(toString(call.call.operation)),
                     std::string(toString(call.state)), call.result.empty() ? "-" : call.result,
                     call.call.idempotencyKey});
  for (const RefundEntry& refund : report.refunds)
    refunds.push_back({toIso8601(refund.createdAt), refund.refundId, display(refund.amount), refund.status,
                       refund.paymentIntentId});
  for (const DisputeEntry& dispute : report.disputes)
    disputes.push_back({toIso8601(dispute.createdAt), dispute.disputeId, display(dispute.amount),
                        dispute.status, dispute.reason});
  writeRows(page, "Calls to Stripe (time, operation, end, result, idempotency key)", calls);
  writeRows(page, "Refunds", refunds);
  writeRows(page, "Disputes", disputes);
}

void writeOrder(Page& page, const std::optional<Order>& order) {
  if (!order) return;
  page.gap();
  page.line("Order");
  page.field("id", order->id.value);
  page.field("status", toString(order->status));
  page.field("total", display(order->totals.total));
}

void writeVerdict(Page& page, std::size_t events, const std::vector<HistoryProblem>& problems) {
  page.gap();
  if (problems.empty()) {
    page.line("history intact: " + std::to_string(events) + (events == 1 ? " event" : " events"));
    return;
  }
  for (const HistoryProblem& problem : problems)
    page.line("HISTORY BROKEN" +
              (problem.event > 0 ? " at event " + std::to_string(problem.event) : std::string()) + ": " +
              problem.what);
  page.line("Somebody changed the store past this program. Compare it with a backup.");
}

}  // namespace

std::string renderReport(const SagaReport& report, TimePoint now) {
  const auto problems = checkHistory(report);
  Page page;
  writeHead(page, report.saga, now);
  writeTotals(page, report.saga);
  writePage(page, report);
  writePayment(page, report);
  writeHistory(page, report, problems);
  writeMoney(page, report);
  writeOrder(page, report.order);
  writeVerdict(page, report.events.size(), problems);
  return page.text();
}

}  // namespace checkout::app::operate

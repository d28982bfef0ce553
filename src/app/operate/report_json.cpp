#include "app/operate/page_lines.hpp"
#include "app/operate/saga_report.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::app::operate {
namespace {

Json totalsJson(const Totals& totals) {
  return {{"subtotal", toJson(totals.subtotal)},
          {"shipping", toJson(totals.shipping)},
          {"tax", toJson(totals.tax)},
          {"discount", toJson(totals.discount)},
          {"total", toJson(totals.total)}};
}

// What agents see, and what only operators need.
Json sagaForOperators(const Saga& saga, TimePoint now) {
  Json json = saga::sagaView(saga);
  json["version"] = saga.version;
  json["email"] = saga.email;
  json["payment"]["outcomeUnknown"] = saga.call.has_value();
  if (saga.payment.asked) json["payment"]["frozenTotals"] = totalsJson(*saga.payment.asked);
  if (saga.payment.page) json["payment"]["pageTotals"] = totalsJson(saga.payment.page->sums);
  json["stepFailures"] = saga.stepFailures;
  json["undoFailures"] = saga.compensation.failures;
  if (saga.compensation.failure) json["undoError"] = toJson(*saga.compensation.failure);
  json["refundsOwed"] = Json::array();
  for (const RefundRequest& owed : saga.refundsOwed)
    json["refundsOwed"].push_back({{"paymentIntentId", owed.paymentIntentId},
                                   {"amount", toJson(owed.amount)},
                                   {"reason", owed.reason},
                                   {"requestedBy", owed.requestedBy}});
  const auto why = saga::whyStuck(saga, now);
  json["stuck"] = why ? Json(*why) : Json();
  json["whatToDo"] = why ? Json(whatToDo(saga, now)) : Json();
  return json;
}

Json eventsJson(const std::vector<SagaEvent>& events) {
  Json list = Json::array();
  for (const SagaEvent& event : events)
    list.push_back({{"number", event.sequence},
                    {"at", toIso8601(event.at)},
                    {"actor", event.actor},
                    {"type", event.type},
                    {"from", toString(event.from)},
                    {"to", toString(event.to)},
                    {"data", event.data},
                    {"previousHash", event.previousHash},
                    {"hash", event.hash}});
  return list;
}

Json callsJson(const std::vector<CallRecord>& calls) {
  Json list = Json::array();
  for (const CallRecord& call : calls)
    list.push_back({{"operation", toString(call.call.operation)},
                    {"path", call.call.path},
                    {"idempotencyKey", call.call.idempotencyKey},
                    {"bodyDigest", call.call.bodyDigest},
                    {"attempt", call.attempt},
                    {"state", toString(call.state)},
                    {"result", call.result},
                    {"createdAt", toIso8601(call.createdAt)},
                    {"updatedAt", toIso8601(call.updatedAt)}});
  return list;
}

}  // namespace

Json reportToJson(const SagaReport& report, TimePoint now) {
  Json refunds = Json::array(), disputes = Json::array(), problems = Json::array();
  for (const RefundEntry& refund : report.refunds)
    refunds.push_back({{"refundId", refund.refundId},
                       {"paymentIntentId", refund.paymentIntentId},
                       {"amount", toJson(refund.amount)},
                       {"status", refund.status},
                       {"createdAt", toIso8601(refund.createdAt)},
                       {"updatedAt", toIso8601(refund.updatedAt)}});
  for (const DisputeEntry& dispute : report.disputes)
    disputes.push_back({{"disputeId", dispute.disputeId},
                        {"paymentIntentId", dispute.paymentIntentId},
                        {"amount", toJson(dispute.amount)},
                        {"status", dispute.status},
                        {"reason", dispute.reason},
                        {"createdAt", toIso8601(dispute.createdAt)},
                        {"updatedAt", toIso8601(dispute.updatedAt)}});
  for (const HistoryProblem& problem : checkHistory(report))
    problems.push_back({{"event", problem.event}, {"problem", problem.what}});
  const bool intact = problems.empty();
  Json json = {
      {"saga", sagaForOperators(report.saga, now)},
      {"events", eventsJson(report.events)},
      {"calls", callsJson(report.calls)},
      {"refunds", std::move(refunds)},
      {"disputes", std::move(disputes)},
      {"refundable", toJson(report.refundable)},
      {"order", report.order ? saga::orderView(*report.order, report.saga) : Json()},
      {"history", {{"intact", intact}, {"events", report.events.size()}, {"problems", std::move(problems)}}}};
  if (report.pageLines) json["pageLines"] = pageLinesToJson(*report.pageLines);
  return json;
}

}  // namespace checkout::app::operate

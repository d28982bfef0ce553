#include "sandbox/refunds.hpp"

#include <chrono>

#include "sandbox/currency.hpp"
#include "sandbox/events.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/objects.hpp"

namespace checkout::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kRefundSettles = 1min;
constexpr Milliseconds kAnswerWithin = std::chrono::hours(24 * 7);

Error refusal(const std::string& message, const std::string& code = {}, const std::string& param = {}) {
  Json fields = {{"type", "invalid_request_error"}, {"message", message}};
  if (!code.empty()) fields["code"] = code;
  if (!param.empty()) fields["param"] = param;
  return executionError(400, std::move(fields));
}

Result<Record*> chargeToRefund(Call& call) {
  const std::string intentId = textOr(call.parameters, "payment_intent", "");
  std::string chargeId = textOr(call.parameters, "charge", "");
  if (intentId.empty() == chargeId.empty())
    return invalidRequest("Exactly one of payment_intent and charge says what to refund.", "charge",
                          intentId.empty() ? "parameter_missing" : "parameters_exclusive");
  if (!intentId.empty()) {
    const Intent* intent = call.account.intents.find(intentId);
    if (intent == nullptr) return noSuchIn("payment_intent", "payment_intent", intentId);
    if (intent->object["status"] != "succeeded")
      return refusal("The PaymentIntent " + intentId + " has no successful charge to refund.");
    chargeId = intent->object["latest_charge"].get<std::string>();
  }
  Record* charge = call.account.charges.find(chargeId);
  if (charge == nullptr) return noSuchIn("charge", "charge", chargeId);
  if (charge->object["status"] != "succeeded")
    return refusal("The charge " + chargeId + " did not succeed: there is nothing to refund.");
  return charge;
}

void addRefunded(Record& charge, std::int64_t amount) {
  Json& object = charge.object;
  object["amount_refunded"] = object["amount_refunded"].get<std::int64_t>() + amount;
  object["refunded"] = object["amount_refunded"] == object["amount"];
}

void finishRefund(World& world, Account& account, Refund& refund) {
  if (refund.outcome == Behaviour::Refund::Fails) {
    Record& charge = *account.charges.find(refund.object["charge"].get<std::string>());
    const std::int64_t amount = refund.object["amount"];
    refund.object["status"] = "failed";
    refund.object["failure_reason"] = "expired_or_canceled_card";
    refund.object["failure_balance_transaction"] =
        book(world, account, amount, refund.object["currency"], "refund_failure", refund.id);
    addRefunded(charge, -amount);
    emit(world, account, "refund.failed", refund.object);
  } else {
    refund.object["status"] = "succeeded";
    refund.object.erase("pending_reason");
  }
  emit(world, account, "charge.refund.updated", refund.object);
  emit(world, account, "refund.updated", refund.object);
}

}  // namespace

Result<Json> createRefund(Call& call) {
  World& world = call.world;
  Account& account = call.account;
  CHECKOUT_ASSIGN(found, chargeToRefund(call));
  Record& charge = *found;
  const std::int64_t left =
      charge.object["amount"].get<std::int64_t>() - charge.object["amount_refunded"].get<std::int64_t>();
  const std::string currency = charge.object["currency"];
  const std::int64_t amount = call.parameters.value("amount", left);
  if (amount < 1 && left > 0)
    return invalidRequest("Invalid positive integer: the amount must be at least 1.", "amount",
                          "parameter_invalid_integer");
  if (left == 0)
    return refusal("Charge " + charge.id + " has already been refunded.", "charge_already_refunded");
  if (charge.object["disputed"] == true)
    return refusal("Charge " + charge.id + " is disputed and cannot be refunded.", "charge_disputed");
  if (amount > left)
    return refusal("The refund of " + formatAmount(amount, currency) + " is greater than the " +
                       formatAmount(left, currency) + " not refunded yet.",
                   {}, "amount");

  const std::string methodId = charge.object["payment_method"];
  const Behaviour::Refund outcome = account.methods.find(methodId)->behaviour.refund;
  const bool pending = outcome == Behaviour::Refund::Pending;
  const bool isCard = charge.object["payment_method_details"]["type"] == "card";
  Refund row{newId("re"), {}, outcome};
  row.object = {{"id", row.id},
                {"object", "refund"},
                {"amount", amount},
                {"balance_transaction", book(world, account, -amount, currency, "refund", row.id)},
                {"charge", charge.id},
                {"created", world.nowSeconds()},
                {"currency", currency},
                {"customer", charge.object["customer"]},
                {"customer_account", nullptr},
                {"destination_details", isCard ? Json{{"card", {{"type", "refund"}}}, {"type", "card"}}
                                               : Json{{"type", "sepa_debit"}}},
                {"metadata", call.parameters.value("metadata", Json::object())},
                {"payment_intent", charge.object["payment_intent"]},
                {"payment_method", methodId},
                {"reason", memberOrNull(call.parameters, "reason")},
                {"receipt_number", nullptr},
                {"source_transfer_reversal", nullptr},
                {"status", pending ? "pending" : "succeeded"},
                {"transfer_reversal", nullptr}};
  if (pending) row.object["pending_reason"] = "processing";
  Refund& refund = account.refunds.add(std::move(row));
  const Json before = {{"amount_refunded", charge.object["amount_refunded"]},
                       {"refunded", charge.object["refunded"]}};
  addRefunded(charge, amount);
  emit(world, account, "refund.created", refund.object);
  emit(world, account, "charge.refunded", charge.object, before);
  if (outcome != Behaviour::Refund::AtOnce)
    world.at(world.now() + kRefundSettles,
             [&world, &account, &refund] { finishRefund(world, account, refund); });
  return refund.object;
}

Result<Json> getRefund(Call& call) {
  return getObject(call.account.refunds, call.id, "refund");
}

Result<Json> updateRefund(Call& call) {
  Refund* refund = call.account.refunds.find(call.id);
  if (refund == nullptr) return noSuch("refund", call.id);
  CHECKOUT_TRY(changeMetadata(refund->object, call.parameters));
  emit(call.world, call.account, "refund.updated", refund->object);
  return refund->object;
}

Result<Json> listRefunds(Call& call) {
  return listObjects(call.account.refunds, call.parameters, "/v1/refunds", "refund",
                     {"charge", "payment_intent"});
}

Result<Json> getDispute(Call& call) {
  return getObject(call.account.disputes, call.id, "dispute");
}

Result<Json> listDisputes(Call& call) {
  return listObjects(call.account.disputes, call.parameters, "/v1/disputes", "dispute",
                     {"charge", "payment_intent"});
}

Record& openDispute(World& world, Account& account, Record& charge) {
  Json evidence = Json::object();
  for (const char* member : {"access_activity_log",
                             "billing_address",
                             "cancellation_policy",
                             "cancellation_policy_disclosure",
                             "cancellation_rebuttal",
                             "customer_communication",
                             "customer_email_address",
                             "customer_name",
                             "customer_purchase_ip",
                             "customer_signature",
                             "duplicate_charge_documentation",
                             "duplicate_charge_explanation",
                             "duplicate_charge_id",
                             "product_description",
                             "receipt",
                             "refund_policy",
                             "refund_policy_disclosure",
                             "refund_refusal_explanation",
                             "service_date",
                             "service_documentation",
                             "shipping_address",
                             "shipping_carrier",
                             "shipping_date",
                             "shipping_documentation",
                             "shipping_tracking_number",
                             "uncategorized_file",
                             "uncategorized_text"})
    evidence[member] = nullptr;
  evidence["enhanced_evidence"] = Json::object();

  Record dispute{newId("du"), {}};
  const std::int64_t amount = charge.object["amount"];
  const std::string withdrawal =
      book(world, account, -amount, charge.object["currency"], "adjustment", dispute.id);
  const Json& details = charge.object["payment_method_details"];
  dispute.object = {{"id", dispute.id},
                    {"object", "dispute"},
                    {"amount", amount},
                    {"balance_transactions", Json::array({account.transactions.find(withdrawal)->object})},
                    {"charge", charge.id},
                    {"created", world.nowSeconds()},
                    {"currency", charge.object["currency"]},
                    {"enhanced_eligibility_types", Json::array()},
                    {"evidence", std::move(evidence)},
                    {"evidence_details",
                     {{"due_by", toUnixSeconds(world.now() + kAnswerWithin)},
                      {"enhanced_eligibility", Json::object()},
                      {"has_evidence", false},
                      {"past_due", false},
                      {"submission_count", 0},
                      {"submission_method", "not_submitted"}}},
                    {"intended_submission_method", nullptr},
                    {"is_charge_refundable", false},
                    {"livemode", false},
                    {"metadata", Json::object()},
                    {"payment_intent", charge.object["payment_intent"]},
                    {"reason", "fraudulent"},
                    {"status", "needs_response"}};
  if (details["type"] == "card")
    dispute.object["payment_method_details"] = {{"card",
                                                 {{"brand", details["card"]["brand"]},
                                                  {"case_type", "chargeback"},
                                                  {"network", details["card"]["brand"]},
                                                  {"network_reason_code", "10.4"}}},
                                                {"type", "card"}};
  charge.object["disputed"] = true;
  Record& added = account.disputes.add(std::move(dispute));
  emit(world, account, "charge.dispute.created", added.object);
  emit(world, account, "charge.dispute.funds_withdrawn", added.object);
  return added;
}

void closeDispute(World& world, Account& account, Record& dispute, bool won) {
  dispute.object["status"] = won ? "won" : "lost";
  if (won) {
    const std::string back =
        book(world, account, dispute.object["amount"], dispute.object["currency"], "adjustment", dispute.id);
    dispute.object["balance_transactions"].push_back(account.transactions.find(back)->object);
  }
  emit(world, account, "charge.dispute.closed", dispute.object);
  if (won) emit(world, account, "charge.dispute.funds_reinstated", dispute.object);
}

}  // namespace checkout::sandbox

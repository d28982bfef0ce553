#include "sandbox/payments.hpp"

#include <chrono>

#include "sandbox/api_error.hpp"
#include "sandbox/coupons.hpp"
#include "sandbox/events.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/refunds.hpp"

namespace checkout::sandbox {
namespace {

constexpr Milliseconds kAuthorizationLasts = std::chrono::hours(24 * 7);

Session* sessionOf(Account& account, const Intent& intent) {
  return intent.sessionId.empty() ? nullptr : account.sessions.find(intent.sessionId);
}

// Of a customer without an email Stripe keeps the one that was typed, and more where customer_update says so.
void updateFromSession(Record& customer, const Session& session, const Json& details) {
  if (customer.deleted) return;
  const auto isAuto = [&](const char* member) {
    return textOr(session.customerUpdate, member, "never") == "auto";
  };
  Json& object = customer.object;
  if (object["email"].is_null()) object["email"] = details["email"];
  if (isAuto("name")) object["name"] = details["name"];
  if (isAuto("address")) object["address"] = details["address"];
  const Json collected = objectOr(session.object, "collected_information");
  if (isAuto("shipping") && collected.contains("shipping_details"))
    object["shipping"] = pick(collected["shipping_details"], {"address", "name", "phone"});
}

void completeSession(World& world, Account& account, Session& session, const Json& billing,
                     const std::string& paymentStatus) {
  Json& object = session.object;
  Json details = pick(billing, {"address", "email", "name", "phone"});
  if (details["email"].is_null()) details["email"] = object["customer_email"];
  details.update({{"business_name", nullptr},
                  {"individual_name", nullptr},
                  {"tax_exempt", "none"},
                  {"tax_ids", Json::array()}});
  if (object["customer"].is_string())
    updateFromSession(*account.customers.find(object["customer"].get<std::string>()), session, details);
  object["customer_details"] = std::move(details);
  object["status"] = "complete";
  object["payment_status"] = paymentStatus;
  object["url"] = nullptr;
  redeemDiscount(account, session);
  emit(world, account, "checkout.session.completed", object);
}

Json paymentError(const std::string& code, const std::string& declineCode, const Method& method,
                  const std::string& chargeId) {
  Json error = {{"type", method.object["type"] == "card" ? "card_error" : "invalid_request_error"},
                {"code", code},
                {"doc_url", docUrl(code)},
                {"message", declineMessage(code, declineCode)}};
  if (!declineCode.empty()) {
    error["decline_code"] = declineCode;
    error["advice_code"] = "try_again_later";
  }
  if (!chargeId.empty()) error["charge"] = chargeId;
  error["payment_method"] = method.object;
  return error;
}

Outcome declineWith(World& world, Account& account, Intent& intent, const Json& error) {
  intent.object["status"] = "requires_payment_method";
  intent.object["payment_method"] = nullptr;
  intent.object["next_action"] = nullptr;
  intent.object["processing"] = nullptr;
  intent.object["last_payment_error"] = error;
  emit(world, account, "payment_intent.payment_failed", intent.object);
  return Outcome::Declined;
}

void failCharge(World& world, Account& account, Record& charge, const std::string& code,
                const std::string& declineCode) {
  charge.object["status"] = "failed";
  charge.object["failure_code"] = code;
  charge.object["failure_message"] = declineMessage(code, declineCode);
  charge.object["outcome"] = chargeOutcome(declineCode.empty() ? code : declineCode);
  emit(world, account, "charge.failed", charge.object);
}

Outcome decline(World& world, Account& account, Intent& intent, const Method& method, const std::string& code,
                const std::string& declineCode) {
  Record& charge = addCharge(world, account, intent, method);
  intent.object["latest_charge"] = charge.id;
  failCharge(world, account, charge, code, declineCode);
  return declineWith(world, account, intent, paymentError(code, declineCode, method, charge.id));
}

// The intent has what it wanted of the charge.
void acceptCharge(Intent& intent, const Method& method, const Record& charge, const std::string& status) {
  intent.object["status"] = status;
  intent.object["latest_charge"] = charge.id;
  intent.object["payment_method"] = method.id;
  intent.object["next_action"] = nullptr;
  intent.object["processing"] = nullptr;
  intent.object["last_payment_error"] = nullptr;
}

void bookCharge(World& world, Account& account, Intent& intent, Record& charge, std::int64_t amount) {
  charge.object["captured"] = true;
  charge.object["amount_captured"] = amount;
  charge.object["balance_transaction"] =
      book(world, account, amount, intent.object["currency"], "charge", charge.id);
  intent.object["amount_received"] = amount;
}

Outcome authorize(World& world, Account& account, Intent& intent, const Method& method, Record& charge) {
  acceptCharge(intent, method, charge, "requires_capture");
  intent.object["amount_capturable"] = intent.object["amount"];
  emit(world, account, "charge.succeeded", charge.object);
  emit(world, account, "payment_intent.amount_capturable_updated", intent.object);
  if (Session* session = sessionOf(account, intent))
    completeSession(world, account, *session, method.object["billing_details"], "unpaid");
  world.at(world.now() + kAuthorizationLasts, [&world, &account, &intent] {
    if (intent.object["status"] == "requires_capture") cancelIntent(world, account, intent, "automatic");
  });
  return Outcome::Authorized;
}

Outcome capture(World& world, Account& account, Intent& intent, const Method& method, Record& charge) {
  charge.object["status"] = "succeeded";
  charge.object["paid"] = true;
  charge.object["outcome"] = chargeOutcome("");
  charge.object["receipt_url"] = world.publicUrl + "/receipts/" + charge.id;
  if (intent.object["capture_method"] == "manual") return authorize(world, account, intent, method, charge);
  bookCharge(world, account, intent, charge, intent.object["amount"]);
  acceptCharge(intent, method, charge, "succeeded");
  emit(world, account, "charge.succeeded", charge.object);
  emit(world, account, "payment_intent.succeeded", intent.object);
  if (Session* session = sessionOf(account, intent)) {
    if (session->object["status"] == "open") {
      completeSession(world, account, *session, method.object["billing_details"], "paid");
    } else {
      session->object["payment_status"] = "paid";
      emit(world, account, "checkout.session.async_payment_succeeded", session->object);
    }
  }
  if (method.behaviour.disputed) openDispute(world, account, charge);
  return Outcome::Succeeded;
}

Outcome challenge(World& world, Account& account, Intent& intent, const Method& method) {
  const std::string url = world.publicUrl + "/pay/authenticate/" + intent.id;
  intent.object["status"] = "requires_action";
  intent.object["payment_method"] = method.id;
  intent.object["last_payment_error"] = nullptr;  // it is of the confirmation before
  // A page of ours can send the customer back; an API caller has to say where to.
  if (intent.returnUrl.empty() && intent.sessionId.empty()) {
    intent.object["next_action"] = {
        {"type", "use_stripe_sdk"},
        {"use_stripe_sdk", {{"type", "three_d_secure_redirect"}, {"stripe_js", url}}}};
  } else {
    intent.object["next_action"] = {
        {"type", "redirect_to_url"},
        {"redirect_to_url",
         {{"return_url", intent.returnUrl.empty() ? Json(nullptr) : Json(intent.returnUrl)}, {"url", url}}}};
  }
  emit(world, account, "payment_intent.requires_action", intent.object);
  return Outcome::RequiresAction;
}

Outcome submitDebit(World& world, Account& account, Intent& intent, const Method& method) {
  Record& charge = addCharge(world, account, intent, method);
  intent.object["status"] = "processing";
  intent.object["payment_method"] = method.id;
  intent.object["latest_charge"] = charge.id;
  intent.object["last_payment_error"] = nullptr;
  emit(world, account, "charge.pending", charge.object);
  emit(world, account, "payment_intent.processing", intent.object);
  if (Session* session = sessionOf(account, intent))
    completeSession(world, account, *session, method.object["billing_details"], "unpaid");
  world.at(
      world.now() + method.behaviour.settleAfter,
      [&world, &account, &intent, paid = method.behaviour.settles] { settle(world, account, intent, paid); });
  return Outcome::Processing;
}

}  // namespace

bool isPayable(const Intent& intent) {
  const Json& status = intent.object["status"];
  return status == "requires_payment_method" || status == "requires_confirmation" ||
         status == "requires_action";
}

bool isCancelable(const Intent& intent) {
  return isPayable(intent) || intent.object["status"] == "requires_capture";
}

namespace {

// What has been charged once is saved for the intent's customer where that was asked for, or never used
// again.
Outcome keepMethod(World& world, Account& account, const Intent& intent, Method& method, Outcome outcome) {
  if (method.object["customer"].is_string()) return outcome;
  method.isSpent = true;
  const bool isTaken =
      outcome == Outcome::Succeeded || outcome == Outcome::Authorized || outcome == Outcome::Processing;
  const bool isAskedFor = intent.savesMethod || intent.object["setup_future_usage"].is_string();
  if (!isTaken || !isAskedFor || !intent.object["customer"].is_string()) return outcome;
  if (intent.savesMethod) method.object["allow_redisplay"] = "always";
  attachMethod(world, account, method, intent.object["customer"].get<std::string>());
  return outcome;
}

Outcome charge(World& world, Account& account, Intent& intent, const Method& method,
               const AttemptOptions& options) {
  const Behaviour& behaviour = method.behaviour;
  intent.object["next_action"] = nullptr;
  switch (behaviour.kind) {
    case Behaviour::Kind::SettlesLater:
      return submitDebit(world, account, intent, method);
    case Behaviour::Kind::Declines:
      return decline(world, account, intent, method, behaviour.code, behaviour.declineCode);
    case Behaviour::Kind::Challenge:
      if (options.offSession && behaviour.exemptOffSession) break;
      if (options.refuseChallenges)
        return decline(world, account, intent, method, "authentication_required", "authentication_required");
      return challenge(world, account, intent, method);
    case Behaviour::Kind::Succeeds:
      break;
  }
  return capture(world, account, intent, method, addCharge(world, account, intent, method));
}

}  // namespace

Outcome attempt(World& world, Account& account, Intent& intent, Method& method,
                const AttemptOptions& options) {
  intent.savesMethod = options.saves;
  return keepMethod(world, account, intent, method, charge(world, account, intent, method, options));
}

Outcome answerChallenge(World& world, Account& account, Intent& intent, bool accepted) {
  Method& method = *account.methods.find(intent.object["payment_method"].get<std::string>());
  if (!accepted)
    return declineWith(world, account, intent,
                       paymentError("payment_intent_authentication_failure", "", method, ""));
  if (method.behaviour.declinesAfterChallenge)
    return decline(world, account, intent, method, method.behaviour.code, method.behaviour.declineCode);
  Record& charge = addCharge(world, account, intent, method);
  charge.object["payment_method_details"]["card"]["three_d_secure"] = {
      {"authentication_flow", "challenge"},
      {"electronic_commerce_indicator", "05"},
      {"exemption_indicator", nullptr},
      {"result", "authenticated"},
      {"result_reason", nullptr},
      {"transaction_id", nullptr},
      {"version", "2.2.0"}};
  return keepMethod(world, account, intent, method, capture(world, account, intent, method, charge));
}

void settle(World& world, Account& account, Intent& intent, bool paid) {
  if (intent.object["status"] != "processing") return;
  Record& charge = *account.charges.find(intent.object["latest_charge"].get<std::string>());
  const Method& method = *account.methods.find(intent.object["payment_method"].get<std::string>());
  if (paid) {
    capture(world, account, intent, method, charge);
    return;
  }
  const std::string code = "payment_method_provider_decline";
  failCharge(world, account, charge, code, "");
  declineWith(world, account, intent, paymentError(code, "", method, charge.id));
  if (Session* session = sessionOf(account, intent))
    emit(world, account, "checkout.session.async_payment_failed", session->object);
}

void lapse(World& world, Account& account, Intent& intent) {
  if (intent.object["status"] != "processing") return;
  intent.object["status"] = "requires_payment_method";
  intent.object["payment_method"] = nullptr;
  intent.object["processing"] = nullptr;
  emit(world, account, "payment_intent.payment_failed", intent.object);
  if (Session* session = sessionOf(account, intent))
    emit(world, account, "checkout.session.async_payment_failed", session->object);
}

void captureAuthorized(World& world, Account& account, Intent& intent, std::int64_t amount) {
  Record& charge = *account.charges.find(intent.object["latest_charge"].get<std::string>());
  bookCharge(world, account, intent, charge, amount);
  charge.object["amount_refunded"] = intent.object["amount"].get<std::int64_t>() - amount;
  intent.object["amount_capturable"] = 0;
  intent.object["status"] = "succeeded";
  emit(world, account, "charge.captured", charge.object);
  emit(world, account, "payment_intent.succeeded", intent.object);
  if (Session* session = sessionOf(account, intent)) session->object["payment_status"] = "paid";
}

void cancelIntent(World& world, Account& account, Intent& intent, const Json& reason) {
  if (intent.object["status"] == "requires_capture") {
    Record& charge = *account.charges.find(intent.object["latest_charge"].get<std::string>());
    const Json before = pick(charge.object, {"amount_refunded", "refunded"});
    charge.object["amount_refunded"] = charge.object["amount"];
    charge.object["refunded"] = true;
    intent.object["amount_capturable"] = 0;
    if (reason == "automatic")
      emit(world, account, "charge.expired", charge.object);
    else
      emit(world, account, "charge.refunded", charge.object, before);
  }
  intent.object["status"] = "canceled";
  intent.object["canceled_at"] = world.nowSeconds();
  intent.object["cancellation_reason"] = reason;
  intent.object["next_action"] = nullptr;
  emit(world, account, "payment_intent.canceled", intent.object);
}

Intent& intentOfSession(World& world, Account& account, Session& session) {
  if (session.object["payment_intent"].is_string())
    return *account.intents.find(session.object["payment_intent"].get<std::string>());
  Intent intent{newId("pi"), {}, session.id, {}, true};
  intent.object =
      newIntentObject(world, intent.id, session.object["amount_total"], session.object["currency"]);
  intent.object["payment_method_types"] = session.object["payment_method_types"];
  for (const char* member : {"description", "metadata", "receipt_email", "statement_descriptor",
                             "statement_descriptor_suffix", "setup_future_usage", "capture_method"})
    if (session.intentData.contains(member)) intent.object[member] = session.intentData[member];
  intent.object["customer"] = session.object["customer"];
  if (session.intentData.contains("shipping"))
    intent.object["shipping"] = shippingObject(session.intentData["shipping"]);
  else if (session.object["collected_information"].is_object())
    intent.object["shipping"] = shippingObject(session.object["collected_information"]["shipping_details"]);
  Intent& added = account.intents.add(std::move(intent));
  session.object["payment_intent"] = added.id;
  emit(world, account, "payment_intent.created", added.object);
  return added;
}

void completeForFree(World& world, Account& account, Session& session, const BillingDetails& customer) {
  completeSession(world, account, session, billingObject(customer), "no_payment_required");
}

void expireSession(World& world, Account& account, Session& session) {
  session.object["status"] = "expired";
  session.object["url"] = nullptr;
  if (session.object["payment_intent"].is_string()) {
    Intent& intent = *account.intents.find(session.object["payment_intent"].get<std::string>());
    if (isCancelable(intent)) cancelIntent(world, account, intent, "automatic");
  }
  emit(world, account, "checkout.session.expired", session.object);
}

}  // namespace checkout::sandbox

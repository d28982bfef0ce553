#include "sandbox/intents.hpp"

#include <algorithm>
#include <cctype>

#include "sandbox/currency.hpp"
#include "sandbox/customers.hpp"
#include "sandbox/events.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/payment_methods.hpp"
#include "sandbox/payments.hpp"

namespace checkout::sandbox {
namespace {

Error wrongState(const Intent& intent, const std::string& verb) {
  const std::string status = intent.object["status"];
  return executionError(
      400, {{"type", "invalid_request_error"},
            {"code", "payment_intent_unexpected_state"},
            {"message", "This PaymentIntent has the status " + status + " and cannot be " + verb + "."},
            {"payment_intent", intent.object}});
}

Error cardError(const Intent& intent) {
  Json fields = intent.object["last_payment_error"];
  fields["payment_intent"] = intent.object;
  return executionError(402, std::move(fields));
}

Result<void> checkMethod(const Intent& intent, const Method& method) {
  const Json& types = intent.object["payment_method_types"];
  if (std::find(types.begin(), types.end(), method.object["type"]) == types.end())
    return invalidRequest("The payment method's type is not among this PaymentIntent's payment_method_types.",
                          "payment_method");
  if (intent.object["capture_method"] == "manual" && method.object["type"] != "card")
    return invalidRequest("This payment method cannot be captured manually: only cards can.",
                          "payment_method");
  return checkOwner(intent, method);
}

// Of create and update: members that are taken as they are, and the customer, who must exist.
Result<void> takeMembers(Account& account, Intent& intent, const Json& parameters) {
  if (parameters.contains("customer")) CHECKOUT_TRY(findCustomer(account, parameters["customer"]));
  CHECKOUT_TRY(checkDescriptorSuffix(parameters, "statement_descriptor_suffix"));
  if (parameters.contains("shipping")) CHECKOUT_TRY(checkShipping(parameters["shipping"], "shipping"));
  changeMembers(intent.object, parameters,
                {"description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix",
                 "setup_future_usage", "capture_method", "allowed_payment_method_types",
                 "excluded_payment_method_types", "customer"});
  if (parameters.contains("shipping")) intent.object["shipping"] = shippingObject(parameters["shipping"]);
  return {};
}

// Redirects need a way back, unless the caller rules them out.
bool lacksReturnUrl(const Intent& intent, const Json& parameters) {
  const Json& automatic = intent.object["automatic_payment_methods"];
  return automatic.is_object() && automatic["enabled"] == true &&
         textOr(automatic, "allow_redirects", "always") == "always" && intent.returnUrl.empty() &&
         !parameters.value("use_stripe_sdk", false) && !parameters.value("error_on_requires_action", false) &&
         !parameters.value("off_session", false);
}

Result<Json> confirm(Call& call, Intent& intent) {
  const Json& parameters = call.parameters;
  const std::string returnUrl = textOr(parameters, "return_url", intent.returnUrl);
  Intent candidate = intent;
  candidate.returnUrl = returnUrl;
  if (lacksReturnUrl(candidate, parameters))
    return invalidRequest(
        "This PaymentIntent accepts payment methods that may redirect the customer: give a return_url, or "
        "set "
        "automatic_payment_methods[allow_redirects] to never when creating it.",
        "return_url");
  CHECKOUT_ASSIGN(given, methodOf(call));
  Method* method = given;
  if (method == nullptr && intent.object["payment_method"].is_string())
    method = call.account.methods.find(intent.object["payment_method"].get<std::string>());
  if (method == nullptr)
    return executionError(400, {{"type", "invalid_request_error"},
                                {"code", "payment_intent_unexpected_state"},
                                {"message", "A PaymentIntent cannot be confirmed without a payment method."},
                                {"param", "payment_method"},
                                {"payment_intent", intent.object}});
  if (parameters.contains("capture_method"))
    candidate.object["capture_method"] = parameters["capture_method"];
  CHECKOUT_TRY(checkMethod(candidate, *method));
  if (parameters.contains("shipping")) CHECKOUT_TRY(checkShipping(parameters["shipping"], "shipping"));
  intent.returnUrl = returnUrl;
  changeMembers(intent.object, parameters, {"receipt_email", "setup_future_usage", "capture_method"});
  if (parameters.contains("shipping")) intent.object["shipping"] = shippingObject(parameters["shipping"]);
  AttemptOptions options;
  options.offSession = parameters.value("off_session", false);
  options.refuseChallenges = options.offSession || parameters.value("error_on_requires_action", false);
  if (attempt(call.world, call.account, intent, *method, options) == Outcome::Declined)
    return cardError(intent);
  return intent.object;
}

// Metadata and the description may change at any time.
bool takesNotesOnly(const Json& parameters) {
  for (const auto& parameter : parameters.items())
    if (parameter.key() != "metadata" && parameter.key() != "description" && parameter.key() != "expand")
      return false;
  return true;
}

Result<void> checkAmount(std::int64_t amount, const std::string& currency) {
  if (amount < 1)
    return invalidRequest("Invalid positive integer: the amount must be at least 1.", "amount",
                          "parameter_invalid_integer");
  if (amount < smallestCharge(currency))
    return invalidRequest(
        "The amount must be at least " + formatAmount(smallestCharge(currency), currency) + ".", "amount",
        "amount_too_small");
  if (amount > largestCharge(currency))
    return invalidRequest(
        "The amount must be at most " + formatAmount(largestCharge(currency), currency) + ".", "amount",
        "amount_too_large");
  return {};
}

Result<void> chooseMethodTypes(Json& object, const Json& parameters) {
  const Json automatic = objectOr(parameters, "automatic_payment_methods");
  if (!automatic.value("enabled", true)) return {};  // cards only
  object["automatic_payment_methods"] = {{"allow_redirects", textOr(automatic, "allow_redirects", "always")},
                                         {"enabled", true}};
  object["payment_method_configuration_details"] = {{"id", "pmc_simulator"}, {"parent", nullptr}};
  CHECKOUT_ASSIGN(types, offeredMethodTypes(parameters, object["currency"]));
  object["payment_method_types"] = std::move(types);
  return {};
}

}  // namespace

Result<Json> createIntent(Call& call) {
  const Json& parameters = call.parameters;
  CHECKOUT_ASSIGN(amount, requireInteger(parameters, "amount"));
  CHECKOUT_ASSIGN(currency, requireText(parameters, "currency"));
  CHECKOUT_TRY(checkAmount(amount, currency));
  Intent intent;
  intent.id = newId("pi");
  intent.object = newIntentObject(call.world, intent.id, amount, currency);
  intent.returnUrl = textOr(parameters, "return_url", "");
  CHECKOUT_TRY(chooseMethodTypes(intent.object, parameters));
  CHECKOUT_TRY(takeMembers(call.account, intent, parameters));
  changeMembers(intent.object, parameters, {"metadata", "confirmation_method"});

  const bool confirmNow = parameters.value("confirm", false);
  if (!confirmNow && parameters.contains("return_url"))
    return invalidRequest("return_url may only be given together with confirm=true.", "return_url");
  if (confirmNow && lacksReturnUrl(intent, parameters))
    return invalidRequest(
        "This PaymentIntent accepts payment methods that may redirect the customer: give a return_url, or "
        "set "
        "automatic_payment_methods[allow_redirects] to never.",
        "return_url");
  CHECKOUT_ASSIGN(method, methodOf(call));
  if (method != nullptr) {
    CHECKOUT_TRY(checkMethod(intent, *method));
    intent.object["payment_method"] = method->id;
    intent.object["status"] = "requires_confirmation";
  }
  if (confirmNow && method == nullptr)
    return invalidRequest("A PaymentIntent cannot be confirmed without a payment method.", "payment_method",
                          "parameter_missing");

  intent.isStored = true;
  Intent& added = call.account.intents.add(std::move(intent));
  emit(call.world, call.account, "payment_intent.created", added.object);
  if (!confirmNow) return added.object;
  call.parameters.erase("payment_method_data");
  call.parameters["payment_method"] = method->id;
  return confirm(call, added);
}

Result<Json> getIntent(Call& call) {
  return getObject(call.account.intents, call.id, "payment_intent", "intent");
}

Result<Json> updateIntent(Call& call) {
  Intent* found = call.account.intents.find(call.id);
  if (found == nullptr) return noSuch("payment_intent", call.id, "intent");
  const Json& parameters = call.parameters;
  Intent intent = *found;
  CHECKOUT_TRY(changeMetadata(intent.object, parameters));
  const bool onlyNotes = takesNotesOnly(parameters);
  if (!onlyNotes) {
    if (!intent.sessionId.empty())
      return executionError(
          400,
          {{"type", "invalid_request_error"},
           {"message", "A PaymentIntent of a Checkout Session takes new metadata and a description only."}});
    if (!isPayable(intent)) return wrongState(intent, "updated");
  }
  CHECKOUT_TRY(takeMembers(call.account, intent, parameters));
  changeMembers(intent.object, parameters, {"amount", "currency"});
  if (!onlyNotes) CHECKOUT_TRY(checkAmount(intent.object["amount"], intent.object["currency"]));
  CHECKOUT_ASSIGN(method, methodOf(call));
  if (method != nullptr) {
    CHECKOUT_TRY(checkMethod(intent, *method));
    intent.object["payment_method"] = method->id;
    intent.object["status"] = "requires_confirmation";
    intent.object["next_action"] = nullptr;
  }
  *found = std::move(intent);
  return found->object;
}

Result<Json> listIntents(Call& call) {
  return listObjects(call.account.intents, call.parameters, "/v1/payment_intents", "payment_intent",
                     {"customer"});
}

Result<Json> confirmIntent(Call& call) {
  Intent* intent = call.account.intents.find(call.id);
  if (intent == nullptr) return noSuch("payment_intent", call.id, "intent");
  if (!intent->sessionId.empty())
    return executionError(
        400, {{"type", "invalid_request_error"},
              {"message", "A PaymentIntent of a Checkout Session is confirmed on its page only."}});
  if (!isPayable(*intent)) return wrongState(*intent, "confirmed");
  return confirm(call, *intent);
}

Result<Json> captureIntent(Call& call) {
  Intent* intent = call.account.intents.find(call.id);
  if (intent == nullptr) return noSuch("payment_intent", call.id, "intent");
  if (intent->object["status"] != "requires_capture") return wrongState(*intent, "captured");
  const std::int64_t most = intent->object["amount_capturable"];
  const std::int64_t amount = call.parameters.value("amount_to_capture", most);
  if (amount < 1 || amount > most)
    return executionError(400, {{"type", "invalid_request_error"},
                                {"code", amount > most ? "amount_too_large" : "parameter_invalid_integer"},
                                {"message", "Between 1 and " + std::to_string(most) + " can be captured."},
                                {"param", "amount_to_capture"}});
  CHECKOUT_TRY(changeMetadata(intent->object, call.parameters));
  changeMembers(intent->object, call.parameters, {"statement_descriptor", "statement_descriptor_suffix"});
  captureAuthorized(call.world, call.account, *intent, amount);
  return intent->object;
}

Result<Json> cancelIntentNow(Call& call) {
  Intent* intent = call.account.intents.find(call.id);
  if (intent == nullptr) return noSuch("payment_intent", call.id, "intent");
  if (!intent->sessionId.empty() && isPayable(*intent))
    return executionError(
        400, {{"type", "invalid_request_error"},
              {"message", "A PaymentIntent of a Checkout Session ends with it: expire the session."}});
  if (!isCancelable(*intent)) return wrongState(*intent, "canceled");
  cancelIntent(call.world, call.account, *intent, memberOrNull(call.parameters, "cancellation_reason"));
  return intent->object;
}

}  // namespace checkout::sandbox

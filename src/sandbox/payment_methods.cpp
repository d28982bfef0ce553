#include "sandbox/payment_methods.hpp"

#include "sandbox/customers.hpp"
#include "sandbox/events.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/objects.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Expiry kTokenExpiry{12, 2034};

constexpr Parameter kMethodCreate[] = {
    {"allow_redisplay", Kind::Choice, "always|limited|unspecified"},
    {"billing_details", Kind::Anything},
    {"card", Kind::Anything},
    {"customer", Kind::Unsupported},
    {"metadata", Kind::Metadata},
    {"payment_method", Kind::Unsupported},
    {"sepa_debit", Kind::Anything},
    {"type"},
};
constexpr Parameter kMethodList[] = {{"allow_redisplay", Kind::Choice, "always|limited|unspecified"},
                                     {"customer"},
                                     {"type", Kind::Choice, "card|sepa_debit"}};
constexpr Parameter kMethodsOfCustomer[] = {{"allow_redisplay", Kind::Choice, "always|limited|unspecified"},
                                            {"type", Kind::Choice, "card|sepa_debit"}};
constexpr Parameter kMethodAttach[] = {{"customer"}, {"customer_account", Kind::Unsupported}};

// The words of Stripe's API, as merchants have published them.
constexpr const char* kUsed =
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
    "with a connected account without Customer attachment, or was detached from a Customer. It may not be "
    "used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.";
constexpr const char* kNotAttachable =
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
    "Customer, and may not be used again.";

BillingDetails billingOf(const Json& data) {
  const Json billing = objectOr(data, "billing_details");
  const Json address = objectOr(billing, "address");
  return {textOr(billing, "email", ""), textOr(billing, "name", ""), textOr(address, "country", ""),
          textOr(address, "postal_code", ""), textOr(billing, "phone", "")};
}

// `within` is the parameter that `data` came in: "payment_method_data", or empty for the request itself.
std::string paramOf(const std::string& within, const std::string& member, const std::string& inner = {}) {
  return (within.empty() ? member : within + "[" + member + "]") + (inner.empty() ? "" : "[" + inner + "]");
}

Result<Method*> makeMethod(Call& call, const Json& data, const std::string& within) {
  const std::string type = textOr(data, "type", "");
  if (type.empty()) return missingParameter(paramOf(within, "type"));
  if (type == "sepa_debit") {
    std::string iban = textOr(objectOr(data, "sepa_debit"), "iban", "");
    std::erase(iban, ' ');
    if (!passesIbanCheck(iban))
      return invalidRequest("The IBAN is not valid.", paramOf(within, "sepa_debit", "iban"),
                            "invalid_bank_account_iban");
    return &addBankAccount(call.world, call.account, testBankAccount(iban), billingOf(data));
  }
  if (type != "card")
    return invalidRequest("This simulator knows the payment method types card and sepa_debit.",
                          paramOf(within, "type"));
  const Json card = objectOr(data, "card");
  if (card.contains("number"))
    return invalidRequest("Card numbers must not be sent to the API: use a token or a payment method.",
                          paramOf(within, "card", "number"), {}, 402);
  const std::string token = textOr(card, "token", "");
  const auto known = cardOfToken(token);
  if (!known) return noSuchIn(paramOf(within, "card", "token"), "token", token);
  return &addCard(call.world, call.account, *known, kTokenExpiry, billingOf(data));
}

// A token of the documentation stands for a new method wherever a method is named.
Method* methodOfToken(Call& call, const std::string& token) {
  if (const auto card = cardOfToken(token))
    return &addCard(call.world, call.account, *card, kTokenExpiry, {});
  if (const auto bank = bankAccountOfToken(token))
    return &addBankAccount(call.world, call.account, *bank, {});
  return nullptr;
}

Result<Method*> methodOfPath(Call& call) {
  Method* method = call.account.methods.find(call.id);
  if (method == nullptr) method = methodOfToken(call, call.id);
  if (method == nullptr) return noSuch("PaymentMethod", call.id, "payment_method");
  return method;
}

Error notOwned(const Intent& intent, std::string message, const char* param, const char* code = nullptr) {
  Json fields = {{"type", "invalid_request_error"}, {"message", std::move(message)}, {"param", param}};
  if (code != nullptr) fields["code"] = code;
  if (intent.isStored) fields["payment_intent"] = intent.object;
  return executionError(400, std::move(fields));
}

}  // namespace

ParameterTable methodCreateParameters() {
  return kMethodCreate;
}
ParameterTable methodListParameters() {
  return kMethodList;
}
ParameterTable methodsOfCustomerParameters() {
  return kMethodsOfCustomer;
}
ParameterTable methodAttachParameters() {
  return kMethodAttach;
}

Result<Method*> methodOf(Call& call) {
  if (call.parameters.contains("payment_method_data"))
    return makeMethod(call, call.parameters["payment_method_data"], "payment_method_data");
  const std::string id = textOr(call.parameters, "payment_method", "");
  if (id.empty()) return static_cast<Method*>(nullptr);
  if (Method* known = call.account.methods.find(id)) return known;
  if (Method* made = methodOfToken(call, id)) return made;
  return noSuchIn("payment_method", "PaymentMethod", id);
}

Result<void> checkOwner(const Intent& intent, const Method& method) {
  const Json& owner = method.object["customer"];
  const Json& payer = intent.object["customer"];
  if (owner.is_null() && method.isSpent)
    return executionError(400, {{"type", "invalid_request_error"}, {"message", kUsed}});
  if (owner.is_null() || owner == payer) return {};
  const std::string ownerId = owner.get<std::string>();
  if (payer.is_null())
    return notOwned(intent,
                    "The `payment_method` parameter supplied " + method.id + " belongs to the Customer " +
                        ownerId +
                        ". Please include the Customer in the `customer` parameter on the PaymentIntent.",
                    "source", "parameter_missing");
  return notOwned(intent,
                  "The PaymentMethod " + method.id + " does not belong to the Customer you supplied " +
                      payer.get<std::string>() +
                      ". Please use this PaymentMethod with the Customer that it belongs to instead.",
                  "payment_method");
}

void attachMethod(World& world, Account& account, Method& method, const std::string& customer) {
  method.object["customer"] = customer;
  emit(world, account, "payment_method.attached", method.object);
}

void detachMethod(World& world, Account& account, Method& method) {
  const Json before = pick(method.object, {"customer"});
  method.object["customer"] = nullptr;
  method.isSpent = true;
  emit(world, account, "payment_method.detached", method.object, before);
}

Result<Json> createMethod(Call& call) {
  CHECKOUT_ASSIGN(method, makeMethod(call, call.parameters, ""));
  changeMembers(method->object, call.parameters, {"allow_redisplay", "metadata"});
  return method->object;
}

Result<Json> getMethod(Call& call) {
  CHECKOUT_ASSIGN(method, methodOfPath(call));
  return method->object;
}

// Only what is saved is listed; without a customer, that of all of them.
Result<Json> listMethods(Call& call) {
  const Json& wanted = call.parameters;
  const auto keep = [&](const Method& method) {
    return method.object["customer"].is_string() &&
           std::ranges::all_of(std::initializer_list<const char*>{"customer", "type", "allow_redisplay"},
                               [&](const char* name) {
                                 return !wanted.contains(name) || method.object[name] == wanted[name];
                               });
  };
  return listPage<Method>(call.account.methods, wanted, "/v1/payment_methods", "PaymentMethod", keep,
                          [](const Method& method) { return method.object; });
}

Result<Json> listMethodsOfCustomer(Call& call) {
  const Record* customer = call.account.customers.find(call.id);
  if (customer == nullptr || customer->deleted) return noSuch("customer", call.id, "customer");
  call.parameters["customer"] = call.id;
  CHECKOUT_ASSIGN(list, listMethods(call));
  list["url"] = "/v1/customers/" + call.id + "/payment_methods";
  return list;
}

Result<Json> attachMethodNow(Call& call) {
  CHECKOUT_ASSIGN(customer, requireText(call.parameters, "customer"));
  CHECKOUT_TRY(findCustomer(call.account, customer));
  CHECKOUT_ASSIGN(method, methodOfPath(call));
  const Json& owner = method->object["customer"];
  if (owner.is_string() && owner != customer)
    return executionError(
        400, {{"type", "invalid_request_error"},
              {"message", "The payment method you provided has already been attached to a customer."}});
  if (owner.is_null() && method->isSpent)
    return executionError(400, {{"type", "invalid_request_error"}, {"message", kNotAttachable}});
  if (owner.is_null()) attachMethod(call.world, call.account, *method, customer);
  return method->object;
}

Result<Json> detachMethodNow(Call& call) {
  CHECKOUT_ASSIGN(method, methodOfPath(call));
  if (method->object["customer"].is_null())
    return executionError(400, {{"type", "invalid_request_error"},
                                {"message",
                                 "The payment method you provided is not attached to a customer so "
                                 "detachment is impossible."}});
  detachMethod(call.world, call.account, *method);
  return method->object;
}

}  // namespace checkout::sandbox

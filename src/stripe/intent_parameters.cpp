#include "stripe/intent_parameters.hpp"

#include <algorithm>
#include <array>

#include "stripe/method_types.hpp"
#include "stripe/payment_metadata.hpp"
#include "stripe/shipping_parameters.hpp"

namespace checkout::stripe {
namespace {

constexpr std::array<std::string_view, 5> kCardDataMembers = {"number", "cvc", "cvv", "exp_month",
                                                              "exp_year"};

bool isAcceptable(const Json& value, bool insideOptions) {
  if (value.is_array())
    return std::ranges::all_of(value, [&](const Json& item) { return isAcceptable(item, insideOptions); });
  if (!value.is_object()) return true;
  for (const auto& [name, inner] : value.items()) {
    if (name.find_first_of("[]") != std::string::npos) return false;
    if (std::ranges::find(kCardDataMembers, name) != kCardDataMembers.end()) return false;
    if (name == "card" && !insideOptions) return false;
    if (!isAcceptable(inner, name == "payment_method_options")) return false;
  }
  return true;
}

}  // namespace

std::string createIntentBody(const Tenant& tenant, const PaymentRequest& request) {
  const StripeSettings& settings = tenant.stripe;
  Form form;
  form.add("amount", request.total.amount)
      .add("currency", request.total.currency.code)
      .add("confirm", "true");
  if (request.paymentMethodId) form.add("payment_method", *request.paymentMethodId);
  if (request.customerId) form.add("customer", *request.customerId);
  // Without a page nobody can be sent to a bank's; a tenant that says otherwise has thought of it.
  if (settings.paymentMethodTypes.empty())
    addMethodTypes(form, {"card"});
  else
    addMethodTypes(form, settings.paymentMethodTypes);
  form.addUnlessEmpty("return_url", request.returnUrl);
  addMetadata(form, "metadata", request);
  form.add("description", "Order " + request.orderId.value).addUnlessEmpty("receipt_email", request.email);
  if (request.shippingAddress) addShipping(form, "shipping", *request.shippingAddress);
  if (settings.statementDescriptorSuffix)
    form.add("statement_descriptor_suffix", *settings.statementDescriptorSuffix);
  return std::move(form).encoded();
}

std::optional<std::string> confirmIntentBody(const Json& parameters) {
  if (!parameters.is_object() || !isAcceptable(parameters, false)) return std::nullopt;
  Form form;
  for (const auto& [name, value] : parameters.items()) form.addJson(percentEncode(name), value);
  return std::move(form).encoded();
}

std::string cancelIntentBody() {
  return std::move(Form().add("cancellation_reason", "abandoned")).encoded();
}

}  // namespace checkout::stripe

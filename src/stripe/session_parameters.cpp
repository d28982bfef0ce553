#include "stripe/session_parameters.hpp"

#include "stripe/payment_metadata.hpp"
#include "stripe/shipping_parameters.hpp"

namespace checkout::stripe {
namespace {

void addLine(Form& form, std::size_t index, const PaymentLine& line) {
  const std::string item = "line_items[" + std::to_string(index) + "]";
  const std::string price = item + "[price_data]";
  form.add(price + "[currency]", line.unitAmount.currency.code)
      .add(price + "[unit_amount]", line.unitAmount.amount)
      .add(price + "[product_data][name]", line.name)
      .addUnlessEmpty(price + "[product_data][description]", line.description);
  if (line.imageUrl) form.add(price + "[product_data][images][0]", *line.imageUrl);
  form.add(item + "[quantity]", line.quantity);
}

}  // namespace

std::string createSessionBody(const Tenant& tenant, const PaymentRequest& request) {
  const StripeSettings& settings = tenant.stripe;
  Form form;
  form.add("mode", "payment").add("ui_mode", "hosted_page");
  for (std::size_t i = 0; i < request.lines.size(); ++i) addLine(form, i, request.lines[i]);
  form.add("client_reference_id", request.sagaId.value);
  addMetadata(form, "metadata", request);
  addMetadata(form, "payment_intent_data[metadata]", request);
  form.add("payment_intent_data[description]", "Order " + request.orderId.value);
  if (request.shippingAddress) addShipping(form, "payment_intent_data[shipping]", *request.shippingAddress);
  if (settings.statementDescriptorSuffix)
    form.add("payment_intent_data[statement_descriptor_suffix]", *settings.statementDescriptorSuffix);
  form.addUnlessEmpty("customer_email", request.email)
      .add("success_url", request.successUrl)
      .add("cancel_url", request.cancelUrl);
  if (request.expiresAt) form.add("expires_at", toUnixSeconds(*request.expiresAt));
  if (settings.locale) form.add("locale", *settings.locale);
  for (std::size_t i = 0; i < settings.paymentMethodTypes.size(); ++i)
    form.add("payment_method_types[" + std::to_string(i) + "]", settings.paymentMethodTypes[i]);
  return std::move(form).encoded();
}

}  // namespace checkout::stripe

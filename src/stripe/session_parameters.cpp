#include "stripe/session_parameters.hpp"

#include "stripe/method_types.hpp"
#include "stripe/payment_metadata.hpp"
#include "stripe/shipping_parameters.hpp"

namespace checkout::stripe {
namespace {

// Stripe's code of a parcel: countries tax shipping by rules of its own.
constexpr char kShippingTaxCode[] = "txcd_92010001";

bool isWebAddress(const std::string& url) {
  return url.rfind("https://", 0) == 0 || url.rfind("http://", 0) == 0;
}

void addLine(Form& form, std::size_t index, const PaymentLine& line, const PageChoices& choices) {
  const std::string item = "line_items[" + std::to_string(index) + "]";
  const std::string price = item + "[price_data]";
  form.add(price + "[currency]", line.unitAmount.currency.code)
      .add(price + "[unit_amount]", line.unitAmount.amount);
  if (choices.automaticTax) form.add(price + "[tax_behavior]", "exclusive");
  form.add(price + "[product_data][name]", line.name)
      .addUnlessEmpty(price + "[product_data][description]", line.description);
  if (line.imageUrl && isWebAddress(*line.imageUrl))
    form.add(price + "[product_data][images][0]", *line.imageUrl);
  if (choices.automaticTax && line.kind == PaymentLine::Kind::Shipping)
    form.add(price + "[product_data][tax_code]", kShippingTaxCode);
  form.add(item + "[quantity]", line.quantity);
}

void addDays(Form& form, const std::string& bound, int days) {
  if (days > 0) form.add(bound + "[unit]", "business_day").add(bound + "[value]", days);
}

void addShippingOption(Form& form, std::size_t index, const ShippingSelection& option, bool automaticTax) {
  const std::string rate = "shipping_options[" + std::to_string(index) + "][shipping_rate_data]";
  form.add(rate + "[type]", "fixed_amount")
      .add(rate + "[display_name]", option.carrierName + " " + option.serviceName)
      .add(rate + "[fixed_amount][amount]", option.price.amount)
      .add(rate + "[fixed_amount][currency]", option.price.currency.code);
  addDays(form, rate + "[delivery_estimate][minimum]", option.minDays);
  addDays(form, rate + "[delivery_estimate][maximum]", option.maxDays);
  if (automaticTax) form.add(rate + "[tax_behavior]", "exclusive").add(rate + "[tax_code]", kShippingTaxCode);
  form.add(rate + "[metadata][carrier_id]", option.carrierId)
      .add(rate + "[metadata][service_id]", option.serviceId);
}

// Stripe Tax goes by the address that the page asks for: by that of the delivery only if the page asks for
// one. What the payment is told of it doesn't count.
bool asksForDelivery(const PaymentRequest& request) {
  return request.choices.automaticTax && request.goodsToShip;
}

// Shipping was priced for the country of the known address, so no other one can be chosen on the page.
void addDeliveryCountries(Form& form, const Tenant& tenant, const PaymentRequest& request) {
  std::vector<std::string> countries = tenant.shippingCountries;
  if (request.shippingAddress && !request.shippingAddress->country.empty())
    countries = {request.shippingAddress->country};
  for (std::size_t i = 0; i < countries.size(); ++i)
    form.add("shipping_address_collection[allowed_countries][" + std::to_string(i) + "]", countries[i]);
}

// Stripe takes either a customer or an email; without one, the page asks the customer for it. Stripe Tax goes
// by a customer's stored address, unless what is typed on the page becomes that.
void addCustomer(Form& form, const PaymentRequest& request) {
  if (!request.customerId) {
    form.addUnlessEmpty("customer_email", request.email);
    return;
  }
  form.add("customer", *request.customerId)
      .add("saved_payment_method_options[payment_method_save]", "enabled");
  if (request.choices.automaticTax) form.add("customer_update[address]", "auto");
  if (asksForDelivery(request)) form.add("customer_update[shipping]", "auto");
}

}  // namespace

std::string createSessionBody(const Tenant& tenant, const PaymentRequest& request) {
  const StripeSettings& settings = tenant.stripe;
  const PageChoices& choices = request.choices;
  Form form;
  form.add("mode", "payment").add("ui_mode", "hosted_page");
  for (std::size_t i = 0; i < request.lines.size(); ++i) addLine(form, i, request.lines[i], choices);
  for (std::size_t i = 0; i < choices.shipping.size(); ++i)
    addShippingOption(form, i, choices.shipping[i], choices.automaticTax);
  if (choices.promotionCodes) form.add("allow_promotion_codes", "true");
  // An account's tax settings decide for sessions that don't say, and may have switched it on.
  form.add("automatic_tax[enabled]", choices.automaticTax ? "true" : "false");
  form.add("client_reference_id", request.sagaId.value);
  addMetadata(form, "metadata", request);
  addMetadata(form, "payment_intent_data[metadata]", request);
  form.add("payment_intent_data[description]", "Order " + request.orderId.value);
  if (asksForDelivery(request))
    addDeliveryCountries(form, tenant, request);
  else if (request.shippingAddress)
    addShipping(form, "payment_intent_data[shipping]", *request.shippingAddress);
  if (settings.statementDescriptorSuffix)
    form.add("payment_intent_data[statement_descriptor_suffix]", *settings.statementDescriptorSuffix);
  addCustomer(form, request);
  form.add("success_url", request.successUrl).add("cancel_url", request.cancelUrl);
  if (request.expiresAt) form.add("expires_at", toUnixSeconds(*request.expiresAt));
  if (settings.locale) form.add("locale", *settings.locale);
  addMethodTypes(form, settings.paymentMethodTypes);
  return std::move(form).encoded();
}

}  // namespace checkout::stripe

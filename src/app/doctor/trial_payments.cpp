// --probe in test mode: a payment page with the tenant's own settings, and an intent, each ended at once.
#include "app/doctor/examination.hpp"
#include "domain/currencies.hpp"
#include "stripe/form_encoding.hpp"
#include "stripe/json_fields.hpp"
#include "stripe/session_parameters.hpp"

namespace checkout::app::doctor {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSomeAmount = 1000;  // where the currency has no smallest charge that is documented

std::int64_t trialAmount(const Currency& currency) {
  const auto* facts = domain::findCurrency(currency.code);
  return facts != nullptr && facts->minimumCharge > 0 ? 10 * facts->minimumCharge : kSomeAmount;
}

PaymentRequest trialRequest(const Examination& examination) {
  const Tenant& tenant = examination.tenant();
  PaymentRequest request;
  request.tenantId = tenant.id;
  request.sagaId = {"doctor"};
  request.orderId = {"doctor"};
  request.total = {trialAmount(tenant.currency), tenant.currency};
  PaymentLine& line = request.lines.emplace_back();
  line.name = "checkout-mcp doctor";
  line.unitAmount = request.total;
  request.choices.promotionCodes = tenant.stripe.allowPromotionCodes;
  request.choices.automaticTax = tenant.stripe.automaticTax;
  request.goodsToShip = !tenant.shippingCountries.empty();
  request.successUrl = tenant.successUrl.empty() ? "https://example.com/" : tenant.successUrl;
  request.cancelUrl = tenant.cancelUrl.empty() ? "https://example.com/" : tenant.cancelUrl;
  request.expiresAt = examination.surroundings().clock.now() + 1h;
  return request;
}

std::string trialIntent(const Examination& examination) {
  const Tenant& tenant = examination.tenant();
  stripe::Form form;
  form.add("amount", trialAmount(tenant.currency)).add("currency", tenant.currency.code);
  form.add("description", "checkout-mcp doctor");
  if (tenant.stripe.statementDescriptorSuffix)
    form.add("statement_descriptor_suffix", *tenant.stripe.statementDescriptorSuffix);
  return std::move(form).encoded();
}

// Makes an object by `body` and ends it. `what` is its name in sentences.
void tryObject(const Examination& examination, const std::string& what, const std::string& path,
               std::string body, const std::string& end) {
  const auto made = examination.ask({.method = "POST", .target = path, .body = std::move(body)});
  if (lacksPermission(made)) return;  // told among the permissions
  if (!made.failure && made.status >= 400 && made.status < 500 && made.status != 429 &&
      made.object.is_object()) {
    const std::string param = stripe::stringAt(made.object, "param").value_or("");
    return examination.fail("trial",
                            "Stripe refuses a " + what + " with this configuration's settings" +
                                (param.empty() ? "" : " (parameter " + param + ")") + ". " + quoted(made),
                            "Correct what Stripe names, in the configuration or in the dashboard.");
  }
  const auto object = examination.objectOf("trial", made);
  if (!object) return;
  const std::string id = stripe::stringAt(*object, "id").value_or("");
  const auto ended =
      examination.ask({.method = "POST", .target = path + "/" + stripe::percentEncode(id) + "/" + end});
  if (ended.succeeded())
    return examination.ok("trial", "A " + what + " with this configuration's settings was made and ended.");
  examination.warn("trial", "The " + what + " " + id + " was made, but could not be ended.",
                   "Nothing can be paid with it unless somebody is given it; end it in the dashboard.");
}

}  // namespace

void tryPayments(const Examination& examination) {
  if (!examination.surroundings().probes) return;
  if (examination.stripe().livemode)
    return examination.ok("trial", "No payment page is tried in live mode: nothing is made there.");
  tryObject(examination, "payment page", "/v1/checkout/sessions",
            stripe::createSessionBody(examination.tenant(), trialRequest(examination)), "expire");
  tryObject(examination, "payment", "/v1/payment_intents", trialIntent(examination), "cancel");
}

}  // namespace checkout::app::doctor

#include "app/config/stripe_reader.hpp"

#include <algorithm>

#include "app/config/checks.hpp"
#include "app/config/secrets.hpp"
#include "base/random.hpp"

namespace checkout::app {
namespace {

using Problems = std::vector<ConfigProblem>;

bool isStripeKey(const Secret& key) {
  return key.startsWith("sk_test_") || key.startsWith("rk_test_") || isLiveKey(key);
}

void readKey(const Node& node, const Environment& environment, StripeSettings& settings, Problems& problems) {
  const Node keyNode = node["secret_key"];
  if (!keyNode.exists()) {
    if (settings.sandbox)
      settings.secretKey = Secret(std::string("sk_test_").append(randomHex(16)));
    else if (node["api_base"].exists())
      problems.push_back(
          node.problem("required member \"secret_key\" is missing",
                       "write {\"env\": \"NAME\"} or {\"file\": \"PATH\"}; only sandbox: needs none"));
    return;
  }
  auto key = readSecret(keyNode, environment, problems);
  if (!key) return;
  if (!isStripeKey(*key))
    problems.push_back(
        keyNode.problem("expected a Stripe key that begins with sk_test_, rk_test_, sk_live_ or rk_live_",
                        "publishable keys (pk_…) can't take payments"));
  else if (settings.sandbox && isLiveKey(*key))
    problems.push_back(keyNode.problem("a live key with api_base sandbox:",
                                       "the simulator takes test keys only; leave secret_key out"));
  settings.livemode = isLiveKey(*key);
  settings.secretKey = std::move(*key);
}

void readWebhookSecrets(const Node& node, const Environment& environment, StripeSettings& settings,
                        Problems& problems) {
  for (const Node& item : node["webhook_secrets"].items()) {
    auto secret = readSecret(item, environment, problems);
    if (!secret) continue;
    if (!secret->startsWith("whsec_"))
      problems.push_back(item.problem("expected a signing secret that begins with whsec_",
                                      "Stripe shows it on the page of the webhook endpoint"));
    settings.webhookSecrets.push_back(std::move(*secret));
  }
  if (settings.sandbox && settings.webhookSecrets.empty())
    settings.webhookSecrets.emplace_back(std::string("whsec_").append(randomHex(24)));
}

void checkDescriptor(const Node& node, Problems& problems) {
  const auto text = node.text();
  const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text && std::none_of(text->begin(), text->end(), isLetter))
    problems.push_back(node.problem("expected at least one letter"));
}

}  // namespace

bool isLiveKey(const Secret& key) {
  return key.startsWith("sk_live_") || key.startsWith("rk_live_");
}

StripeSettings readStripe(const Node& node, const Environment& environment, Problems& problems) {
  StripeSettings settings;
  const std::string base = node["api_base"].text().value_or("");
  settings.sandbox = base == "sandbox:";
  if (!settings.sandbox) {
    settings.apiBase = base;
    checkSecureUrl(node["api_base"], problems);
  }
  readKey(node, environment, settings, problems);
  readWebhookSecrets(node, environment, settings, problems);
  // Stripe's own limit (https://docs.stripe.com/rate-limits); simulators have none.
  constexpr int kStripesLimit = 25;
  settings.requestsPerSecond = static_cast<int>(
      node["requests_per_second"].integer().value_or(base == "https://api.stripe.com" ? kStripesLimit : 0));
  settings.account = node["account"].text();
  settings.paymentMethodTypes = node["payment_method_types"].texts();
  settings.statementDescriptorSuffix = node["statement_descriptor_suffix"].text();
  checkDescriptor(node["statement_descriptor_suffix"], problems);
  settings.locale = node["locale"].text();
  settings.allowPromotionCodes = node["allow_promotion_codes"].boolean().value_or(false);
  settings.automaticTax = node["automatic_tax"].boolean().value_or(false);
  settings.shippingOnPage = node["shipping_on_page"].boolean().value_or(false);
  settings.savedPaymentMethods = node["saved_payment_methods"].boolean().value_or(false);
  return settings;
}

}  // namespace checkout::app

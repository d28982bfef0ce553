#include "tools/shop_facts.hpp"

#include <string_view>

namespace checkout::tools {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
  return text;
}

std::string paymentIn(const Tenant& tenant) {
  const std::vector<std::string>& types = tenant.stripe.paymentMethodTypes;
  return types.empty() ? "on Stripe's page, with the methods that it offers"
                       : "on Stripe's page: " + joined(types, ", ");
}

std::string approvalAt(const Tenant& tenant) {
  const auto& threshold = tenant.policies.approvalThreshold;
  if (!threshold)
    return "payments without a page need no approval besides the customer's consent, which you have asked "
           "for";
  return "a payment without a page of more than " + display({*threshold, tenant.currency}) +
         " is made only after the customer approved it";
}

std::string shippingFrom(const Tenant& tenant) {
  return tenant.shippingCountries.empty() ? "nowhere; it sells digital goods only"
                                          : joined(tenant.shippingCountries, ", ");
}

}  // namespace

Json supportOf(const Tenant& tenant) {
  Json support = Json::object();
  if (!tenant.support.email.empty()) support["email"] = tenant.support.email;
  if (!tenant.support.url.empty()) support["url"] = tenant.support.url;
  if (!tenant.support.phone.empty()) support["phone"] = tenant.support.phone;
  return support;
}

std::string supportInWords(const Tenant& tenant) {
  std::vector<std::string> ways;
  for (const std::string* way : {&tenant.support.email, &tenant.support.url, &tenant.support.phone})
    if (!way->empty()) ways.push_back(*way);
  return joined(ways, ", ");
}

std::string promotionCodesAt(const Tenant& tenant) {
  return tenant.stripe.allowPromotionCodes ? "The customer types a promotion code on the payment page, which "
                                             "then shows the new total. No tool "
                                             "takes one."
                                           : "This shop takes no promotion codes, coupons or vouchers, "
                                             "neither here nor on the payment page.";
}

std::vector<std::string> notOfferedBy(const Tenant& tenant) {
  std::vector<std::string> missing;
  if (!tenant.active) missing.emplace_back("orders: the shop is inactive and can only be browsed");
  if (!tenant.stripe.allowPromotionCodes) missing.emplace_back("promotion codes, coupons and discounts");
  missing.emplace_back("gift wrapping and gift messages");
  if (!tenant.stripe.savedPaymentMethods) missing.emplace_back("saving a card for later purchases");
  if (tenant.shippingCountries.empty())
    missing.emplace_back("shipping");
  else
    missing.emplace_back("shipping to other countries than those listed");
  if (!tenant.stripe.paymentMethodTypes.empty())
    missing.emplace_back("other payment methods than those listed");
  if (tenant.policies.spendLimit)
    missing.push_back("orders of more than " + display({*tenant.policies.spendLimit, tenant.currency}));
  missing.emplace_back("changing, cancelling or returning a completed order through these tools");
  return missing;
}

std::string adviceFor(const Tenant& tenant) {
  const std::string support = supportInWords(tenant);
  std::string advice =
      "Say plainly that the shop doesn't offer it; don't promise it and don't look for a way around it.";
  if (!support.empty())
    return advice + " For anything else the customer can ask " + tenant.name + ": " + support + ".";
  return advice + " The shop has named no contact here" +
         (tenant.policies.termsUrl.empty() ? "." : "; its terms are at " + tenant.policies.termsUrl + ".");
}

std::string factsInMarkdown(const Tenant& tenant) {
  std::string text = "### " + tenant.name + " (`" + tenant.id.value + "`)\n\n";
  const auto add = [&](const char* what, const std::string& fact) {
    if (!fact.empty()) text.append("- ").append(what).append(": ").append(fact).append("\n");
  };
  add("Support", supportInWords(tenant));
  add("Payment", paymentIn(tenant));
  add("Approval", approvalAt(tenant));
  add("Ships to", shippingFrom(tenant));
  add("Returns", tenant.policies.returnsText);
  add("Terms", tenant.policies.termsUrl);
  add("Promotion codes", promotionCodesAt(tenant));
  add("Not offered", joined(notOfferedBy(tenant), "; "));
  add("If the customer wants one of those", adviceFor(tenant));
  return text;
}

}  // namespace checkout::tools

#include "sandbox/currency.hpp"
#include "sandbox/html.hpp"
#include "sandbox/parameters.hpp"
#include "sandbox/pricing.hpp"

namespace checkout::sandbox {
namespace {

std::string linesHtml(const Session& session) {
  const std::string currency = session.object["currency"];
  std::string html = "<ul class=\"lines\">";
  for (std::size_t i = 0; i < session.lineItems.size(); ++i) {
    const Json& line = session.lineItems[i];
    const Json& product = session.products[i];
    const Json images = product.value("images", Json::array());
    const std::int64_t quantity = line["quantity"];
    html += "<li>";
    if (!images.empty()) html += "<img alt=\"\"" + attribute("src", images[0].get<std::string>()) + ">";
    html += "<div>" + escapeHtml(line["description"].get<std::string>());
    if (const std::string details = textOr(product, "description", ""); !details.empty())
      html += "<p class=\"small\">" + escapeHtml(details) + "</p>";
    if (quantity > 1)
      html += "<p class=\"small\">Qty " + std::to_string(quantity) + ", " +
              escapeHtml(formatAmount(line["price"]["unit_amount"], currency)) + " each</p>";
    html += "</div><span class=\"amount\">" + escapeHtml(formatAmount(line["amount_subtotal"], currency)) +
            "</span></li>";
  }
  return html + "</ul>";
}

// What stands for the discount: the code that was entered, or the coupon's name.
std::string discountName(const Account& account, const Session& session) {
  const Json& discount = session.object["discounts"][0];
  if (discount["promotion_code"].is_string())
    return account.promotionCodes.find(discount["promotion_code"].get<std::string>())->object["code"];
  return textOr(account.coupons.find(discount["coupon"].get<std::string>())->object, "name", "Discount");
}

std::string promotionHtml(const Account& account, const Session& session, const FormState& form) {
  if (session.object["allow_promotion_codes"] != true) return {};
  const std::string start =
      "<form method=\"post\" action=\"/pay/" + escapeHtml(session.id) + "/promotion\" novalidate class=\"";
  if (!session.object["discounts"].empty())
    return start + "applied\"><span>Code <strong>" + escapeHtml(discountName(account, session)) +
           "</strong> applied</span><button class=\"plain small\" type=\"submit\" name=\"" +
           field::kRemovePromotion + "\" value=\"1\">Remove code</button></form>";
  const std::string name = field::kPromotionCode;
  const auto error = form.errors.find(name);
  const bool failed = error != form.errors.end();
  std::string html = start + "promotion\"><label for=\"" + name +
                     "\">Promotion code</label><div class=\"code\">" + "<div><input type=\"text\" id=\"" +
                     name + "\" name=\"" + name + "\" autocomplete=\"off\" autocapitalize=\"characters\"" +
                     attribute("value", form.value(field::kPromotionCode));
  if (failed) html += " autofocus aria-invalid=\"true\" aria-describedby=\"" + name + "-error\"";
  html += ">";
  if (failed)
    html +=
        "<p class=\"error\" id=\"" + name + "-error\" role=\"alert\">" + escapeHtml(error->second) + "</p>";
  return html + "</div><button class=\"plain small\" type=\"submit\">Apply</button></div></form>";
}

std::string row(const std::string& name, const std::string& amount, const std::string& style = {}) {
  return "<dt" + attribute("class", style) + ">" + escapeHtml(name) + "</dt><dd" + attribute("class", style) +
         ">" + escapeHtml(amount) + "</dd>";
}

std::string totalsHtml(const Account& account, const Session& session) {
  const Json& object = session.object;
  const std::string currency = object["currency"];
  const auto money = [&](std::int64_t amount) { return formatAmount(amount, currency); };
  const Json& totals = object["total_details"];
  const std::int64_t discount = totals["amount_discount"], shipping = totals["amount_shipping"],
                     tax = totals["amount_tax"], subtotal = object["amount_subtotal"];
  std::string rows;
  if (!object["discounts"].empty()) rows += row(discountName(account, session), money(-discount), "off");
  if (object["shipping_cost"].is_object()) {
    const std::string rate = object["shipping_cost"]["shipping_rate"];
    const std::string name = account.shippingRates.find(rate)->object["display_name"];
    rows += row("Shipping: " + name, shipping == 0 ? "Free" : money(shipping));
  }
  if (awaitsLocation(session)) rows += row("Tax", "from your address");
  if (object["automatic_tax"]["status"] == "complete") {
    const bool isIncluded = tax > 0 && object["amount_total"] == subtotal - discount + shipping;
    rows += row(isIncluded ? "Tax (included)" : "Tax", money(tax));
  }
  // A subtotal says something only where something comes on top of it.
  if (!rows.empty()) rows.insert(0, row("Subtotal", money(subtotal)));
  return "<dl>" + rows + row("Total due", money(object["amount_total"]), "due") + "</dl>";
}

}  // namespace

std::string orderHtml(const Account& account, const Session& session, const FormState& promotion) {
  const Json& object = session.object;
  std::string html = "<section aria-label=\"Order\">";
  if (object["cancel_url"].is_string())
    html += "<a class=\"back\" id=\"back\"" + attribute("href", object["cancel_url"].get<std::string>()) +
            ">← Back to shop</a>";
  return html + "<h1>" + escapeHtml(session.merchant.empty() ? "Your order" : "Pay " + session.merchant) +
         "</h1><p class=\"total\">" +
         escapeHtml(formatAmount(object["amount_total"], object["currency"].get<std::string>())) + "</p>" +
         linesHtml(session) + promotionHtml(account, session, promotion) + totalsHtml(account, session) +
         "</section>";
}

}  // namespace checkout::sandbox

#include <algorithm>
#include <array>
#include <utility>

#include "sandbox/currency.hpp"
#include "sandbox/html.hpp"

namespace checkout::sandbox {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kCountries = {{
    {"AT", "Austria"},     {"AU", "Australia"},   {"BE", "Belgium"},        {"CA", "Canada"},
    {"CH", "Switzerland"}, {"DE", "Germany"},     {"DK", "Denmark"},        {"ES", "Spain"},
    {"FI", "Finland"},     {"FR", "France"},      {"GB", "United Kingdom"}, {"IE", "Ireland"},
    {"IT", "Italy"},       {"JP", "Japan"},       {"KW", "Kuwait"},         {"LU", "Luxembourg"},
    {"MX", "Mexico"},      {"NL", "Netherlands"}, {"NO", "Norway"},         {"NZ", "New Zealand"},
    {"PL", "Poland"},      {"PT", "Portugal"},    {"SE", "Sweden"},         {"US", "United States"},
}};

struct Input {
  const char* name;
  std::string_view label, type, autocomplete, inputMode, placeholder;
};
constexpr Input kEmail = {field::kEmail, "Email", "email", "email", "email", "you@example.com"};
constexpr Input kNumber = {field::kCardNumber, "Card number", "text",
                           "cc-number",        "numeric",     "1234 1234 1234 1234"};
constexpr Input kExpiry = {field::kCardExpiry, "Expiry date", "text", "cc-exp", "numeric", "MM / YY"};
constexpr Input kCvc = {field::kCardCvc, "Security code (CVC)", "text", "cc-csc", "numeric", "CVC"};
constexpr Input kIban = {field::kIban, "IBAN", "text", "off", "text", "DE00 0000 0000 0000 0000 00"};
constexpr Input kName = {field::kName, "Full name", "text", "cc-name", "text", "As on your card or account"};
constexpr Input kPostalCode = {
    field::kPostalCode, "Postal code (optional)", "text", "postal-code", "text", ""};

std::string attribute(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return std::string(1, ' ').append(name).append("=\"").append(escapeHtml(value)).append("\"");
}

std::string errorFor(const PaymentForm& form, const std::string& name) {
  const auto error = form.errors.find(name);
  if (error == form.errors.end()) return {};
  return "<p class=\"error\" id=\"" + name + "-error\" role=\"alert\">" + escapeHtml(error->second) + "</p>";
}

// The keyboard starts where something has to be put right.
bool isFirstError(const PaymentForm& form, std::string_view name) {
  for (const char* candidate :
       {field::kEmail, field::kCardNumber, field::kCardExpiry, field::kCardCvc, field::kIban, field::kName})
    if (form.errors.count(candidate) > 0) return name == candidate;
  return false;
}

std::string inputHtml(const PaymentForm& form, const Input& input, const std::string& value,
                      bool readOnly = false) {
  const std::string name = input.name;
  std::string html = "<div class=\"field\"><label for=\"" + name + "\">" + escapeHtml(input.label) +
                     "</label><input id=\"" + name + "\"" + attribute("name", name) +
                     attribute("type", input.type) + attribute("autocomplete", input.autocomplete) +
                     attribute("inputmode", input.inputMode) + attribute("placeholder", input.placeholder) +
                     attribute("value", value);
  if (readOnly) html += " readonly";
  if (isFirstError(form, name)) html += " autofocus";
  if (form.errors.count(name) > 0) html += " aria-invalid=\"true\" aria-describedby=\"" + name + "-error\"";
  return html + ">" + errorFor(form, name) + "</div>";
}

std::string linesHtml(const Session& session) {
  const std::string currency = session.object["currency"];
  std::string html = "<ul class=\"lines\">";
  for (std::size_t i = 0; i < session.lineItems.size(); ++i) {
    const Json& line = session.lineItems[i];
    const Json& extras = session.pictures[i];
    const std::int64_t quantity = line["quantity"];
    html += "<li>";
    if (extras["image"].is_string())
      html += "<img alt=\"\" src=\"" + escapeHtml(extras["image"].get<std::string>()) + "\">";
    html += "<div>" + escapeHtml(line["description"].get<std::string>());
    if (extras["details"].is_string())
      html += "<p class=\"small\">" + escapeHtml(extras["details"].get<std::string>()) + "</p>";
    html += "<p class=\"small\">Qty " + std::to_string(quantity);
    if (quantity > 1)
      html += ", " + escapeHtml(formatAmount(line["price"]["unit_amount"], currency)) + " each";
    html += "</p></div><span class=\"amount\">" + escapeHtml(formatAmount(line["amount_total"], currency)) +
            "</span></li>";
  }
  return html + "</ul>";
}

std::string totalsHtml(const Session& session) {
  const Json& object = session.object;
  const std::string currency = object["currency"];
  std::string html = "<dl>";
  const auto row = [&](const std::string& name, std::int64_t amount, const std::string& style = "") {
    html += "<dt" + style + ">" + name + "</dt><dd" + style + ">" +
            escapeHtml(formatAmount(amount, currency)) + "</dd>";
  };
  row("Subtotal", object["amount_subtotal"]);
  if (!session.shipping.empty()) row("Shipping", object["total_details"]["amount_shipping"]);
  if (object["automatic_tax"]["enabled"] == true) row("Tax", object["total_details"]["amount_tax"]);
  row("Total due", object["amount_total"], " class=\"due\"");
  return html + "</dl>";
}

std::string shippingHtml(const Session& session) {
  if (session.shipping.size() < 2) return {};
  const std::string currency = session.object["currency"];
  const Json& chosen = session.object["shipping_cost"]["shipping_rate"];
  std::string html = "<fieldset><legend>Shipping method</legend>";
  for (std::size_t i = 0; i < session.shipping.size(); ++i) {
    const Json& choice = session.shipping[i];
    html += "<label class=\"choice\"><input type=\"radio\" name=\"" + std::string(field::kShipping) +
            "\" value=\"" + std::to_string(i) + "\"" + (choice["rate"] == chosen ? " checked" : "") + "> " +
            escapeHtml(choice["name"].get<std::string>()) + "<span class=\"amount\">" +
            escapeHtml(formatAmount(choice["amount"], currency)) + "</span></label>";
  }
  return html + "</fieldset>";
}

// Card fields are never filled in again: no page carries a card number.
std::string cardHtml(const PaymentForm& form, bool isOnly) {
  return "<div class=\"when-card" + std::string(isOnly ? " only" : "") + "\">" +
         inputHtml(form, kNumber, "") + "<div class=\"pair\">" + inputHtml(form, kExpiry, "") +
         inputHtml(form, kCvc, "") + "</div></div>";
}

std::string sepaHtml(const PaymentForm& form, bool isOnly) {
  return "<div class=\"when-sepa" + std::string(isOnly ? " only" : "") + "\">" +
         inputHtml(form, kIban, form.value(field::kIban)) +
         "<p class=\"small\">By paying you authorise a direct debit from this account. The money takes a few "
         "days to "
         "arrive; the shop waits for it.</p></div>";
}

std::string methodHtml(const Session& session, const PaymentForm& form) {
  const bool card = accepts(session, "card"), sepa = accepts(session, "sepa_debit");
  if (!sepa) return cardHtml(form, true);
  if (!card) return sepaHtml(form, true);
  const auto option = [&](const std::string& id, const std::string& value, const std::string& label) {
    return "<input class=\"switch\" type=\"radio\" name=\"" + std::string(field::kMethod) + "\" id=\"" + id +
           "\" value=\"" + value + "\"" + (form.method == value ? " checked" : "") + "><label for=\"" + id +
           "\">" + label + "</label>";
  };
  return "<fieldset><legend>Payment method</legend>" + option("method-card", "card", "Card") +
         option("method-sepa", "sepa_debit", "SEPA Direct Debit") + cardHtml(form, false) +
         sepaHtml(form, false) + "</fieldset>";
}

std::string countryHtml(const Session& session, const PaymentForm& form) {
  const std::string given = form.value(field::kCountry);
  const std::string selected = !given.empty() ? given : session.object["currency"] == "eur" ? "DE" : "US";
  std::string html =
      "<div class=\"field\"><label for=\"billingCountry\">Country</label><select id=\"billingCountry\" "
      "name=\"billingCountry\" autocomplete=\"country\">";
  for (const auto& [code, name] : kCountries)
    html += "<option value=\"" + std::string(code) + "\"" + (selected == code ? " selected" : "") + ">" +
            std::string(name) + "</option>";
  return html + "</select></div>";
}

}  // namespace

std::string paymentPageHtml(const Session& session, const PaymentForm& form) {
  const Json& object = session.object;
  const std::string total = formatAmount(object["amount_total"], object["currency"].get<std::string>());
  const bool fixedEmail = object["customer_email"].is_string();
  std::string html = "<main><section aria-label=\"Order\">";
  if (object["cancel_url"].is_string())
    html += "<a class=\"back\" id=\"back\" href=\"" + escapeHtml(object["cancel_url"].get<std::string>()) +
            "\">← Back to shop</a>";
  html += "<h1>" + escapeHtml(session.merchant.empty() ? "Your order" : "Pay " + session.merchant) +
          "</h1><p class=\"total\">" + escapeHtml(total) + "</p>" + linesHtml(session) + totalsHtml(session) +
          "</section><section aria-label=\"Payment\"><form class=\"card\" method=\"post\" action=\"/pay/" +
          escapeHtml(session.id) + "\" novalidate><h2>Payment details</h2>" +
          inputHtml(form, kEmail,
                    fixedEmail ? object["customer_email"].get<std::string>() : form.value(field::kEmail),
                    fixedEmail) +
          shippingHtml(session) + methodHtml(session, form) +
          inputHtml(form, kName, form.value(field::kName)) + "<div class=\"pair\">" +
          countryHtml(session, form) + inputHtml(form, kPostalCode, form.value(field::kPostalCode)) +
          "</div><button type=\"submit\" id=\"pay\">Pay " + escapeHtml(total) +
          "</button></form></section></main>";
  return html;
}

}  // namespace checkout::sandbox

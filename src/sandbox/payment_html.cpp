#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sandbox/currency.hpp"
#include "sandbox/html.hpp"
#include "sandbox/parameters.hpp"

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
constexpr Input kPhone = {field::kPhone, "Phone", "text", "tel", "tel", ""};
constexpr Input kNumber = {field::kCardNumber, "Card number", "text",
                           "cc-number",        "numeric",     "1234 1234 1234 1234"};
constexpr Input kExpiry = {field::kCardExpiry, "Expiry date", "text", "cc-exp", "numeric", "MM / YY"};
constexpr Input kCvc = {field::kCardCvc, "Security code", "text", "cc-csc", "numeric", "CVC"};
constexpr Input kIban = {field::kIban, "IBAN", "text", "off", "text", "DE00 0000 0000 0000 0000 00"};
constexpr Input kName = {field::kName, "Full name", "text", "cc-name", "text", "As on your card or account"};
constexpr Input kPostalCode = {field::kPostalCode, "Postal code", "text", "postal-code", "text", "Optional"};
constexpr Input kAddressName = {field::kAddressName, "Full name", "text", "shipping name", "text", ""};
constexpr Input kAddressLine = {
    field::kAddressLine, "Street and house number", "text", "shipping address-line1", "text", ""};
constexpr Input kAddressCity = {field::kAddressCity, "City", "text", "shipping address-level2", "text", ""};
constexpr Input kAddressState = {
    field::kAddressState, "State or region", "text", "shipping address-level1", "text", "Optional"};
constexpr Input kAddressPostalCode = {field::kAddressPostalCode, "Postal code", "text",
                                      "shipping postal-code",    "text",        ""};

// The keyboard starts where something has to be put right: at the first of a form's fields, in its order.
bool isFirstError(const FormState& form, std::string_view name) {
  for (const char* candidate :
       {field::kEmail, field::kPhone, field::kCardNumber, field::kCardExpiry, field::kCardCvc, field::kIban,
        field::kName, field::kAddressCountry, field::kAddressName, field::kAddressLine,
        field::kAddressPostalCode, field::kAddressCity})
    if (form.errors.count(candidate) > 0) return name == candidate;
  return false;
}

std::string errorAttributes(const FormState& form, const std::string& name) {
  if (form.errors.count(name) == 0) return {};
  return (isFirstError(form, name) ? std::string(" autofocus") : std::string()) +
         " aria-invalid=\"true\" aria-describedby=\"" + name + "-error\"";
}

std::string errorFor(const FormState& form, const std::string& name) {
  const auto error = form.errors.find(name);
  if (error == form.errors.end()) return {};
  return "<p class=\"error\" id=\"" + name + "-error\" role=\"alert\">" + escapeHtml(error->second) + "</p>";
}

std::string inputHtml(const FormState& form, const Input& input, const std::string& value,
                      bool readOnly = false) {
  const std::string name = input.name;
  return "<div class=\"field\"><label for=\"" + name + "\">" + escapeHtml(input.label) +
         "</label><input id=\"" + name + "\"" + attribute("name", name) + attribute("type", input.type) +
         attribute("autocomplete", input.autocomplete) + attribute("inputmode", input.inputMode) +
         attribute("placeholder", input.placeholder) + attribute("value", value) +
         (readOnly ? " readonly" : "") + errorAttributes(form, name) + ">" + errorFor(form, name) + "</div>";
}

std::string inputHtml(const FormState& form, const Input& input) {
  return inputHtml(form, input, form.value(input.name));
}

std::string nameOfCountry(std::string_view code) {
  for (const auto& [known, name] : kCountries)
    if (known == code) return std::string(name);
  return std::string(code);
}

std::string countryHtml(const FormState& form, const std::string& name, const std::string& autocomplete,
                        const std::string& otherwise, const std::vector<std::string>& codes) {
  const std::string given = form.value(name.c_str());
  const std::string& selected = given.empty() ? otherwise : given;
  std::string html = "<div class=\"field\"><label for=\"" + name + "\">Country</label><select id=\"" + name +
                     "\"" + attribute("name", name) + attribute("autocomplete", autocomplete) +
                     errorAttributes(form, name) + ">";
  for (const std::string& code : codes)
    html += "<option" + attribute("value", code) + (selected == code ? " selected" : "") + ">" +
            escapeHtml(nameOfCountry(code)) + "</option>";
  return html + "</select>" + errorFor(form, name) + "</div>";
}

std::vector<std::string> allCountries() {
  std::vector<std::string> codes;
  for (const auto& [code, name] : kCountries) codes.emplace_back(code);
  return codes;
}

std::string homeOf(const Session& session) {
  return session.object["currency"] == "eur" ? "DE" : session.object["currency"] == "gbp" ? "GB" : "US";
}

std::string formStart(const Session& session, const std::string& where, const std::string& heading) {
  return "<form class=\"card\" method=\"post\" action=\"/pay/" + escapeHtml(session.id) + where +
         "\" novalidate><h2>" + heading + "</h2>";
}

// "3 to 5 business days"; empty where the shop said nothing.
std::string estimateText(const Json& estimate) {
  if (!estimate.is_object()) return {};
  const Json& least = estimate["minimum"];
  const Json& most = estimate["maximum"];
  const Json& said = most.is_object() ? most : least;
  if (!said.is_object()) return {};
  std::string text = most.is_object() && least.is_object() && least["value"] != most["value"]
                         ? std::to_string(least["value"].get<int>()) + " to "
                     : most.is_object() ? ""
                                        : "at least ";
  std::string unit = said["unit"];
  std::replace(unit.begin(), unit.end(), '_', ' ');
  return text + std::to_string(said["value"].get<int>()) + " " + unit + (said["value"] == 1 ? "" : "s");
}

// Each option is a button, so that a choice counts at once and without a script.
std::string shippingHtml(const Account& account, const Session& session) {
  const Json& options = session.object["shipping_options"];
  if (options.size() < 2) return {};
  const std::string currency = session.object["currency"];
  const Json& chosen = session.object["shipping_cost"]["shipping_rate"];
  std::string html = formStart(session, "/shipping", "Shipping method") + "<div class=\"choices\">";
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Json& rate = account.shippingRates.find(options[i]["shipping_rate"].get<std::string>())->object;
    const std::int64_t amount = options[i]["shipping_amount"];
    const bool isChosen = rate["id"] == chosen;
    const std::string estimate = estimateText(rate["delivery_estimate"]);
    html += "<button class=\"choice\" type=\"submit\" name=\"" + std::string(field::kShipping) +
            "\" value=\"" + std::to_string(i) + "\" aria-pressed=\"" + (isChosen ? "true" : "false") +
            "\"><span>" + (isChosen ? "✓ " : "") + escapeHtml(rate["display_name"].get<std::string>());
    if (!estimate.empty()) html += " <span class=\"small\">" + escapeHtml(estimate) + "</span>";
    html += "</span><span class=\"amount\">" +
            (amount == 0 ? "Free" : escapeHtml(formatAmount(amount, currency))) + "</span></button>";
  }
  return html + "</div></form>";
}

std::string addressFormHtml(const Session& session, const AddressForm& form) {
  const bool delivered = collectsDelivery(session);
  std::vector<std::string> countries = allCountries();
  if (delivered)
    countries =
        session.object["shipping_address_collection"]["allowed_countries"].get<std::vector<std::string>>();
  const std::string home = homeOf(session);
  const bool knowsHome = std::find(countries.begin(), countries.end(), home) != countries.end();
  std::string html = formStart(session, "/address", delivered ? "Delivery address" : "Where you live");
  if (!delivered) html += "<p class=\"small gap\">Your address decides how much tax is due.</p>";
  html += countryHtml(form, field::kAddressCountry, delivered ? "shipping country" : "country",
                      knowsHome ? home : "", countries);
  if (delivered) html += inputHtml(form, kAddressName) + inputHtml(form, kAddressLine);
  const std::string postalCode = inputHtml(form, kAddressPostalCode);
  if (delivered)
    html += "<div class=\"pair\">" + postalCode + inputHtml(form, kAddressCity) + "</div>" +
            inputHtml(form, kAddressState);
  else
    html += postalCode;
  return html + "<button type=\"submit\" id=\"continue\">Continue to payment</button></form>";
}

// What was given, with a way to change it.
std::string addressHtml(const Session& session) {
  if (!takesAddress(session)) return {};
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  };
  const Json delivery = objectOr(objectOr(session.object, "collected_information"), "shipping_details");
  add(textOr(delivery, "name", ""));
  add(textOr(session.address, "line1", ""));
  const std::string postalCode = textOr(session.address, "postal_code", ""),
                    city = textOr(session.address, "city", "");
  add(postalCode.empty() || city.empty() ? postalCode + city : postalCode + " " + city);
  add(textOr(session.address, "state", ""));
  add(nameOfCountry(textOr(session.address, "country", "")));
  return "<div class=\"card\"><h2>" +
         std::string(collectsDelivery(session) ? "Delivery address" : "Where you live") +
         "</h2><p class=\"small\">" + escapeHtml(text) + "</p><a class=\"back\" href=\"/pay/" +
         escapeHtml(session.id) + "?edit=address\">Change address</a></div>";
}

// Card fields are never filled in again: no page carries a card number.
std::string cardHtml(const PaymentForm& form, bool isOnly) {
  return "<div class=\"when-card" + std::string(isOnly ? " only" : "") + "\">" +
         inputHtml(form, kNumber, "") + "<div class=\"pair\">" + inputHtml(form, kExpiry, "") +
         inputHtml(form, kCvc, "") + "</div></div>";
}

std::string sepaHtml(const PaymentForm& form, bool isOnly) {
  return "<div class=\"when-sepa" + std::string(isOnly ? " only" : "") + "\">" + inputHtml(form, kIban) +
         "<p class=\"small\">By paying you authorise a direct debit from this account. The money takes a few "
         "days to arrive; the shop waits for it.</p></div>";
}

std::string methodHtml(const Session& session, const PaymentForm& form) {
  const bool card = accepts(session, "card"), sepa = accepts(session, "sepa_debit");
  if (!sepa) return cardHtml(form, true);
  if (!card) return sepaHtml(form, true);
  const auto option = [&](const std::string& id, const std::string& value, const std::string& label) {
    return "<label for=\"" + id + "\"><input type=\"radio\" name=\"" + field::kMethod + "\" id=\"" + id +
           "\" value=\"" + value + "\"" + (form.method == value ? " checked" : "") + ">" + label + "</label>";
  };
  return "<fieldset><legend>Payment method</legend><div class=\"methods\">" +
         option("method-card", "card", "Card") + option("method-sepa", "sepa_debit", "SEPA Direct Debit") +
         "</div>" + cardHtml(form, false) + sepaHtml(form, false) + "</fieldset>";
}

std::string saveHtml(const Session& session, const PaymentForm& form) {
  if (!offersToSave(session)) return {};
  const std::string name = field::kSave;
  return "<div class=\"field\"><label for=\"" + name + "\"><input type=\"checkbox\" id=\"" + name + "\"" +
         attribute("name", name) + attribute("value", "true") + (form.payment.saves ? " checked" : "") +
         "> Save my payment details for the next purchase in this shop</label></div>";
}

std::string paymentFormHtml(const Session& session, const PaymentForm& form) {
  const Json& object = session.object;
  const std::int64_t total = object["amount_total"];
  const bool fixedEmail = object["customer_email"].is_string();
  std::string html =
      formStart(session, "", total == 0 ? "Your details" : "Payment details") +
      "<input type=\"hidden\" name=\"" + field::kSeenTotal + "\" value=\"" + std::to_string(total) + "\">" +
      inputHtml(form, kEmail,
                fixedEmail ? object["customer_email"].get<std::string>() : form.value(field::kEmail),
                fixedEmail);
  if (object["phone_number_collection"]["enabled"] == true) html += inputHtml(form, kPhone);
  if (total > 0) html += methodHtml(session, form) + saveHtml(session, form);
  html += inputHtml(form, kName) + "<div class=\"pair place\">" +
          countryHtml(form, field::kCountry, "billing country", homeOf(session), allCountries()) +
          inputHtml(form, kPostalCode) + "</div><button type=\"submit\" id=\"pay\">";
  const std::string currency = object["currency"];
  return html +
         (total == 0 ? std::string("Complete order") : "Pay " + escapeHtml(formatAmount(total, currency))) +
         "</button></form>";
}

}  // namespace

std::string paymentPageHtml(const Account& account, const Session& session, const PageState& state) {
  std::string html =
      "<main>" + orderHtml(account, session, state.promotion) + "<section aria-label=\"Payment\">";
  if (!state.notice.empty())
    html += "<p class=\"notice\" role=\"status\">" + escapeHtml(state.notice) + "</p>";
  if (needsAddress(session) || state.editsAddress) {
    html += addressFormHtml(session, state.address);
  } else {
    html += addressHtml(session) + shippingHtml(account, session) + paymentFormHtml(session, state.payment);
  }
  return html + "</section></main>";
}

}  // namespace checkout::sandbox

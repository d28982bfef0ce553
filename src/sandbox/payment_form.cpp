#include "sandbox/payment_form.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "sandbox/parameters.hpp"

namespace checkout::sandbox {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string withoutSeparators(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '-'; });
  return text;
}

bool allDigits(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "12/34", "12 / 34", "1234", "12/2034"
std::optional<Expiry> parseExpiry(std::string text) {
  text = withoutSeparators(text);
  const auto slash = text.find('/');
  std::string month = slash == std::string::npos ? text.substr(0, 2) : text.substr(0, slash);
  std::string year = slash == std::string::npos ? text.substr(std::min<std::size_t>(2, text.size()))
                                                : text.substr(slash + 1);
  if (month.empty() || month.size() > 2 || (year.size() != 2 && year.size() != 4)) return std::nullopt;
  if (!allDigits(month) || !allDigits(year)) return std::nullopt;
  const Expiry expiry{std::stoi(month), year.size() == 2 ? 2000 + std::stoi(year) : std::stoi(year)};
  if (expiry.month < 1 || expiry.month > 12) return std::nullopt;
  return expiry;
}

bool isPast(const Expiry& expiry, TimePoint now) {
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const int year = static_cast<int>(today.year());
  return expiry.year < year ||
         (expiry.year == year && expiry.month < static_cast<int>(unsigned(today.month())));
}

bool looksLikeEmail(const std::string& text) {
  const auto at = text.find('@');
  return at != std::string::npos && at > 0 && text.find('.', at) > at + 1 &&
         text.find('.', at) != std::string::npos && text.back() != '.' && text.find(' ') == std::string::npos;
}

void readCard(PaymentForm& form, TimePoint now) {
  const std::string number = withoutSeparators(form.value(field::kCardNumber));
  if (number.empty())
    form.errors[field::kCardNumber] = "Enter your card number.";
  else if (!allDigits(number) || number.size() < 13 || number.size() > 19)
    form.errors[field::kCardNumber] = "Your card number is incomplete.";
  else if (!passesLuhn(number))
    form.errors[field::kCardNumber] = "Your card number is not valid.";
  form.payment.cardNumber = number;

  const std::string expiryText = trimmed(form.value(field::kCardExpiry));
  const auto expiry = parseExpiry(expiryText);
  if (expiryText.empty())
    form.errors[field::kCardExpiry] = "Enter the expiry date of your card.";
  else if (!expiry)
    form.errors[field::kCardExpiry] = "Your card's expiry date is incomplete: write it as MM / YY.";
  else if (isPast(*expiry, now))
    form.errors[field::kCardExpiry] = "Your card's expiry date is in the past.";
  if (expiry) form.payment.expiry = *expiry;

  const std::string cvc = trimmed(form.value(field::kCardCvc));
  const bool isAmex = number.rfind("34", 0) == 0 || number.rfind("37", 0) == 0;
  const std::size_t digits = isAmex ? 4 : 3;
  if (cvc.empty())
    form.errors[field::kCardCvc] = "Enter your card's security code.";
  else if (!allDigits(cvc) || cvc.size() != digits)
    form.errors[field::kCardCvc] = "Your card's security code has " + std::to_string(digits) + " digits.";
}

void readIban(PaymentForm& form) {
  std::string iban = withoutSeparators(form.value(field::kIban));
  std::transform(iban.begin(), iban.end(), iban.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (iban.empty())
    form.errors[field::kIban] = "Enter your IBAN.";
  else if (!passesIbanCheck(iban))
    form.errors[field::kIban] = "Your IBAN is not valid.";
  form.payment.iban = iban;
}

}  // namespace

PaymentForm emptyForm(const Session& session) {
  PaymentForm form;
  const Json known = objectOr(session.object, "customer_details");
  form.values.emplace_back(field::kEmail, textOr(known, "email", ""));
  form.values.emplace_back(field::kName, textOr(known, "name", ""));
  form.values.emplace_back(field::kCountry, textOr(session.address, "country", ""));
  form.values.emplace_back(field::kPostalCode, textOr(session.address, "postal_code", ""));
  if (!accepts(session, "card")) form.method = "sepa_debit";
  return form;
}

PaymentForm readForm(const Session& session, const std::string& body, TimePoint now) {
  PaymentForm form;
  form.values = parseForm(body);
  form.method = form.value(field::kMethod);
  if (form.method.empty()) form.method = form.value(field::kIban).empty() ? "card" : "sepa_debit";
  if (!accepts(session, form.method)) form.method = accepts(session, "card") ? "card" : "sepa_debit";

  BillingDetails& billing = form.payment.billing;
  billing.email = trimmed(form.value(field::kEmail));
  if (billing.email.empty()) billing.email = textOr(session.object, "customer_email", "");
  if (billing.email.empty())
    form.errors[field::kEmail] = "Enter your email address.";
  else if (!looksLikeEmail(billing.email))
    form.errors[field::kEmail] = "Your email address is not valid.";
  const bool isFree = session.object["amount_total"] == 0;
  if (!isFree && form.method == "card") readCard(form, now);
  if (!isFree && form.method != "card") readIban(form);
  billing.name = trimmed(form.value(field::kName));
  if (billing.name.empty())
    form.errors[field::kName] = isFree                  ? "Enter your name."
                                : form.method == "card" ? "Enter the name on your card."
                                                        : "Enter the account holder's name.";
  billing.phone = trimmed(form.value(field::kPhone));
  if (session.object["phone_number_collection"]["enabled"] == true &&
      std::count_if(billing.phone.begin(), billing.phone.end(), [](char c) { return c >= '0' && c <= '9'; }) <
          5)
    form.errors[field::kPhone] = "Enter a phone number for questions about the order.";
  form.payment.saves = !form.value(field::kSave).empty();
  billing.country = trimmed(form.value(field::kCountry));
  billing.postalCode = trimmed(form.value(field::kPostalCode));
  return form;
}

AddressForm knownAddress(const Session& session) {
  AddressForm form;
  const Json delivery = objectOr(objectOr(session.object, "collected_information"), "shipping_details");
  form.values = {{field::kAddressName, textOr(delivery, "name", "")},
                 {field::kAddressLine, textOr(session.address, "line1", "")},
                 {field::kAddressCity, textOr(session.address, "city", "")},
                 {field::kAddressState, textOr(session.address, "state", "")},
                 {field::kAddressPostalCode, textOr(session.address, "postal_code", "")},
                 {field::kAddressCountry, textOr(session.address, "country", "")}};
  return form;
}

AddressForm readAddress(const Session& session, const std::string& body) {
  AddressForm form;
  form.values = parseForm(body);
  const auto take = [&](const char* name, const char* member, const char* ifMissing) {
    const std::string text = trimmed(form.value(name));
    if (text.empty() && ifMissing != nullptr) form.errors[name] = ifMissing;
    if (!text.empty() && member != nullptr) form.address[member] = text;
  };
  const bool delivered = collectsDelivery(session);
  if (delivered) {
    take(field::kAddressName, nullptr, "Enter the name of the person who receives the order.");
    take(field::kAddressLine, "line1", "Enter the street and the house number.");
    take(field::kAddressCity, "city", "Enter the town or city.");
    take(field::kAddressState, "state", nullptr);
  }
  take(field::kAddressPostalCode, "postal_code", "Enter the postal code.");
  take(field::kAddressCountry, "country", "Choose the country.");
  if (!delivered) return form;
  const Json& countries = session.object["shipping_address_collection"]["allowed_countries"];
  if (form.errors.count(field::kAddressCountry) == 0 &&
      std::find(countries.begin(), countries.end(), form.address["country"]) == countries.end())
    form.errors[field::kAddressCountry] = "The shop does not ship to this country.";
  return form;
}

void showDecline(PaymentForm& form, const Json& lastPaymentError) {
  const std::string code = textOr(lastPaymentError, "code", "");
  const bool isCard = form.method == "card";
  const char* where = !isCard                   ? field::kIban
                      : code == "expired_card"  ? field::kCardExpiry
                      : code == "incorrect_cvc" ? field::kCardCvc
                                                : field::kCardNumber;
  const std::string advice = code == "incorrect_cvc"                             ? " Check it and try again."
                             : code == "card_declined" || code == "expired_card" ? " Try another card."
                             : isCard                                            ? ""
                                                                                 : " Try another account.";
  form.errors[where] = textOr(lastPaymentError, "message", "Your payment was declined.") + advice;
}

}  // namespace checkout::sandbox

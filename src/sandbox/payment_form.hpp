// The fields of the payment page: reading, checking, and what to say beside each of them.
#pragma once

#include <map>
#include <string>

#include <checkout/clock.hpp>

#include "sandbox/form.hpp"
#include "sandbox/hosted.hpp"

namespace checkout::sandbox {

// Field names as the page and browsers' autofill know them.
namespace field {
inline constexpr const char* kEmail = "email";
inline constexpr const char* kMethod = "paymentMethod";  // card | sepa_debit
inline constexpr const char* kCardNumber = "cardNumber";
inline constexpr const char* kCardExpiry = "cardExpiry";
inline constexpr const char* kCardCvc = "cardCvc";
inline constexpr const char* kIban = "iban";
inline constexpr const char* kName = "billingName";
inline constexpr const char* kCountry = "billingCountry";
inline constexpr const char* kPostalCode = "billingPostalCode";
inline constexpr const char* kPhone = "phone";
inline constexpr const char* kSeenTotal = "total";
inline constexpr const char* kSave = "savePaymentMethod";
inline constexpr const char* kShipping = "shippingOption";
inline constexpr const char* kPromotionCode = "promotionCode";
inline constexpr const char* kRemovePromotion = "removePromotion";
inline constexpr const char* kAddressName = "addressName";
inline constexpr const char* kAddressLine = "addressLine1";
inline constexpr const char* kAddressCity = "addressCity";
inline constexpr const char* kAddressState = "addressState";
inline constexpr const char* kAddressPostalCode = "addressPostalCode";
inline constexpr const char* kAddressCountry = "addressCountry";
}  // namespace field

struct FormState {
  Form values;                                // as typed
  std::map<std::string, std::string> errors;  // by field name

  std::string value(const char* name) const { return fieldOf(values, name).value_or(""); }
};

struct PaymentForm : FormState {
  std::string method = "card";
  CustomerPayment payment;  // complete if errors is empty
};
PaymentForm emptyForm(const Session& session);
PaymentForm readForm(const Session& session, const std::string& body, TimePoint now);
// Puts the reason of a refused payment beside the field it is about.
void showDecline(PaymentForm& form, const Json& lastPaymentError);

struct AddressForm : FormState {
  Json address;  // as of a postal address; complete if errors is empty
};
AddressForm knownAddress(const Session& session);
AddressForm readAddress(const Session& session, const std::string& body);

}  // namespace checkout::sandbox

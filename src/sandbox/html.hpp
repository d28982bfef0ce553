// HTML for the customer-facing pages. Every text that goes in is escaped here.
#pragma once

#include <string>
#include <string_view>

#include <checkout/http.hpp>

#include "sandbox/account.hpp"
#include "sandbox/payment_form.hpp"

namespace checkout::sandbox {

std::string escapeHtml(std::string_view text);
std::string attribute(std::string_view name, std::string_view value);  // nothing if `value` is empty

// A complete page with the simulator's badge. `content` is HTML.
HttpResponse htmlPage(int status, const std::string& title, const std::string& content);
HttpResponse seeOther(const std::string& url);

// What the payment page shows besides the session.
struct PageState {
  PaymentForm payment;
  AddressForm address;
  FormState promotion;
  bool editsAddress = false;
  std::string notice;  // what has changed since the customer looked; may be empty
};
std::string paymentPageHtml(const Account& account, const Session& session, const PageState& state);
// Its left half: goods, discount, shipping, tax, total.
std::string orderHtml(const Account& account, const Session& session, const FormState& promotion);
std::string challengeHtml(const Intent& intent, const std::string& amount);
// A heading, a sentence, and a link out where `url` is not empty.
std::string noticeHtml(const std::string& heading, const std::string& text, const std::string& url,
                       const std::string& linkText);

}  // namespace checkout::sandbox

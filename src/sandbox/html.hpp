// HTML for the customer-facing pages. Every text that goes in is escaped here.
#pragma once

#include <string>
#include <string_view>

#include <checkout/http.hpp>

#include "sandbox/account.hpp"
#include "sandbox/payment_form.hpp"

namespace checkout::sandbox {

std::string escapeHtml(std::string_view text);

// A complete page with the simulator's badge. `content` is HTML.
HttpResponse htmlPage(int status, const std::string& title, const std::string& content);
HttpResponse seeOther(const std::string& url);

std::string paymentPageHtml(const Session& session, const PaymentForm& form);
std::string challengeHtml(const Intent& intent);
// A heading, a sentence, and a link out where `url` is not empty.
std::string noticeHtml(const std::string& heading, const std::string& text, const std::string& url,
                       const std::string& linkText);

}  // namespace checkout::sandbox

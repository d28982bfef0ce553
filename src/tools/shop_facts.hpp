// What a customer may ask about a shop besides its products: whom to turn to, how it is paid, what it doesn't
// do. All of it follows from the configuration.
#pragma once

#include <string>

#include <checkout/tenant.hpp>

namespace checkout::tools {

// {email, url, phone}: those that are configured.
Json supportOf(const Tenant& tenant);
// "help@shop.example, https://shop.example/help"; empty if nothing is configured.
std::string supportInWords(const Tenant& tenant);

// How promotion codes, coupons and the like work at this shop, in a sentence.
std::string promotionCodesAt(const Tenant& tenant);

// What customers of other shops may be used to and this one hasn't, in phrases.
std::vector<std::string> notOfferedBy(const Tenant& tenant);

// What an agent says to a customer who wants one of those.
std::string adviceFor(const Tenant& tenant);

// All of the above and the shop's rules, as a section in Markdown.
std::string factsInMarkdown(const Tenant& tenant);

}  // namespace checkout::tools

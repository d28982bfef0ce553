// One request to Stripe by itself: no repetition, no circuit, nothing mapped. For those who want to know what
// Stripe says rather than to get something done.
#pragma once

#include <optional>
#include <string>

#include <checkout/http.hpp>
#include <checkout/json.hpp>
#include <checkout/tenant.hpp>

namespace checkout::stripe {

struct Inquiry {
  std::string method = "GET";  // or POST
  std::string target;          // path and query
  std::string body = {};
  bool asPlatform = false;  // not in the name of the tenant's connected account
};

struct Reply {
  std::optional<HttpFailure> failure;  // below HTTP; then nothing else is set
  int status = 0;
  Json object;          // the answer, or its `error` member; null if it is not the JSON that Stripe sends
  std::string message;  // the error's, without the keys that it may repeat
  std::string code;     // likewise; empty if it has none
  std::optional<std::string> requestId, date;

  bool succeeded() const { return !failure && status >= 200 && status < 300 && object.is_object(); }
};

// Never throws. `deadline` bounds the whole exchange.
Reply inquire(HttpClient& http, const StripeSettings& settings, const Inquiry& inquiry,
              Milliseconds deadline);

}  // namespace checkout::stripe

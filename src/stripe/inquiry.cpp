#include "stripe/inquiry.hpp"

#include <utility>

#include "base/json_gate.hpp"
#include "stripe/api.hpp"
#include "stripe/error_map.hpp"
#include "stripe/json_fields.hpp"

namespace checkout::stripe {

Reply inquire(HttpClient& http, const StripeSettings& settings, const Inquiry& inquiry,
              Milliseconds deadline) {
  HttpRequest request = toRequest(settings, {inquiry.method, inquiry.target, inquiry.body, {}},
                                  inquiry.asPlatform ? OnBehalf::OfPlatform : OnBehalf::OfAccount);
  HttpExchange exchange = http.send(settings.apiBase, request, deadline);
  Reply reply;
  if (exchange.failure) {
    reply.failure = std::move(exchange.failure);
    return reply;
  }
  const HttpResponse& response = *exchange.response;
  reply.status = response.status;
  reply.requestId = response.headers.get("Request-Id");
  reply.date = response.headers.get("Date");
  auto parsed = parseUntrustedJson(response.body, kAnswerLimits);
  if (!parsed.ok() || !parsed->is_object()) return reply;
  if (reply.status >= 200 && reply.status < 300) {
    reply.object = std::move(*parsed);
    return reply;
  }
  reply.object = member(*parsed, "error");
  reply.message = messageForLog(reply.object);
  reply.code = stringAt(reply.object, "code").value_or("");
  return reply;
}

}  // namespace checkout::stripe

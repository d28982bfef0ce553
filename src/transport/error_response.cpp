#include "transport/error_response.hpp"

#include <checkout/json.hpp>

namespace checkout::transport {

HttpResponse jsonResponse(int status, std::string json) {
  HttpResponse response{status, {}, std::move(json), std::nullopt};
  response.headers.add("Content-Type", "application/json");
  return response;
}

HttpResponse errorResponse(int status, std::string_view code, std::string_view message) {
  const Json body = {{"error", {{"code", code}, {"message", message}}}};
  return jsonResponse(status, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

HttpResponse overloadResponse(std::string_view message) {
  HttpResponse response = errorResponse(503, "SERVICE_UNAVAILABLE", message);
  response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace checkout::transport

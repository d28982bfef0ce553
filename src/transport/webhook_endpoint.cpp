#include "transport/webhook_endpoint.hpp"

#include "base/log.hpp"
#include "transport/error_response.hpp"

namespace checkout::transport {
namespace {

HttpResponse failed(const TenantId& tenant, const Error& error) {
  log::warn(
      "a webhook was refused",
      {{"tenant", tenant.value}, {"code", std::string(toString(error.code))}, {"reason", error.message}});
  switch (error.code) {
    case ErrorCode::TenantNotFound:
      return errorResponse(404, toString(error.code), error.message);
    case ErrorCode::Unauthenticated:
      return errorResponse(401, toString(error.code), error.message);
    case ErrorCode::Forbidden:
      return errorResponse(403, toString(error.code), error.message);
    case ErrorCode::ValidationFailed:
      return errorResponse(400, toString(error.code), error.message);
    default:
      return overloadResponse("the event could not be stored; send it again");
  }
}

}  // namespace

RouteHandler webhookEndpoint(ReceiveWebhook receive, Lane& lane) {
  return [receive = std::move(receive), &lane](const HttpRequest& request, const PathParams& params,
                                               const std::shared_ptr<HttpResponder>& responder) {
    const TenantId tenant{params.at("tenant_id")};
    const auto signatures = request.headers.all("Stripe-Signature");
    if (signatures.size() != 1)
      return responder->respond(
          failed(tenant, {ErrorCode::Unauthenticated, "exactly one Stripe-Signature header is required"}));
    auto place = lane.enter(tenant.value);
    if (!place)
      return responder->respond(overloadResponse("too many events of this tenant wait; send it again"));
    const auto take = [receive, tenant, body = request.body, signature = signatures.front(), responder,
                       place = std::move(place)] {
      const auto received = receive(tenant, body, signature);
      responder->respond(received.ok() ? jsonResponse(200, R"({"received":true})")
                                       : failed(tenant, received.error()));
    };
    if (!lane.trySubmit(take)) responder->respond(overloadResponse("the server is stopping; send it again"));
  };
}

}  // namespace checkout::transport

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
    case ErrorCode::Forbidden:
    case ErrorCode::ValidationFailed:
      return errorResponse(400, toString(error.code), error.message);
    default:
      return overloadResponse("the event could not be stored; send it again");
  }
}

}  // namespace

RouteHandler webhookEndpoint(ReceiveWebhook receive) {
  return [receive = std::move(receive)](const HttpRequest& request, const PathParams& params,
                                        const std::shared_ptr<HttpResponder>& responder) {
    const TenantId tenant{params.at("tenant_id")};
    const auto signatures = request.headers.all("Stripe-Signature");
    if (signatures.size() != 1)
      return responder->respond(
          failed(tenant, {ErrorCode::Unauthenticated, "exactly one Stripe-Signature header is required"}));
    const auto received = receive(tenant, request.body, signatures.front());
    responder->respond(received.ok() ? jsonResponse(200, R"({"received":true})")
                                     : failed(tenant, received.error()));
  };
}

}  // namespace checkout::transport

#include "app/local_sandbox.hpp"

#include "base/log.hpp"
#include "stripe/http_client.hpp"
#include "transport/error_response.hpp"
#include "transport/guard.hpp"

namespace checkout::app {
namespace {

// Faults hold requests back, each on a thread, and these must not hold back the others.
constexpr std::size_t kRequestsAtOnce = 1'024;

// A web page that is open beside it must not use it, by whatever name (DNS rebinding). The simulator's own
// pages send their forms without an origin.
Result<void> checkCaller(const HttpRequest& request) {
  CHECKOUT_TRY(transport::checkHost({}, request.headers));
  const bool isApi = request.target.starts_with("/v1/") || request.target.starts_with("/_sandbox/");
  return isApi ? transport::checkOrigin({}, request.headers) : Result<void>{};
}

HttpResponse forbidden(const Error& error) {
  return transport::errorResponse(403, toString(error.code), error.message);
}

}  // namespace

LocalSandbox::LocalSandbox(const Clock& clock)
    : webhooks_(stripe::makeHttpClient()), sandbox_(clock, *webhooks_) {}

Result<std::unique_ptr<LocalSandbox>> LocalSandbox::start(const std::string& host, std::uint16_t port,
                                                          const Clock& clock) {
  std::unique_ptr<LocalSandbox> made(new LocalSandbox(clock));
  transport::HttpServerOptions options;
  options.host = host;
  options.port = port;
  options.workers = kRequestsAtOnce;
  CHECKOUT_ASSIGN(
      server, transport::HttpServer::start(
                  options, [&sandbox = made->sandbox_, isLocal = transport::isLoopbackAddress(host)](
                               HttpRequest request, const std::shared_ptr<HttpResponder>& responder) {
                    const auto allowed = isLocal ? checkCaller(request) : Result<void>{};
                    responder->respond(allowed.ok() ? sandbox.handle(request) : forbidden(allowed.error()));
                  }));
  made->server_ = std::move(server);
  made->url_ = localUrl(host, made->server_->port());
  made->sandbox_.setPublicUrl(made->url_);
  log::announce("sandbox listening on " + made->url_);
  return made;
}

void LocalSandbox::sendWebhooks(const Secret& secretKey, std::string url, const Secret& secret) {
  sandbox_.addWebhookEndpoint(secretKey.reveal(), std::move(url), secret);
}

std::string localUrl(const std::string& host, std::uint16_t port) {
  const bool isIpv6 = host.find(':') != std::string::npos;
  return "http://" + (isIpv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace checkout::app

#include "app/local_sandbox.hpp"

#include <iostream>

#include "stripe/http_client.hpp"

namespace checkout::app {
namespace {

// Faults hold requests back, each on a thread, and these must not hold back the others.
constexpr std::size_t kRequestsAtOnce = 1'024;

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
  CHECKOUT_ASSIGN(server,
                  transport::HttpServer::start(
                      options, [&sandbox = made->sandbox_](HttpRequest request,
                                                           const std::shared_ptr<HttpResponder>& responder) {
                        responder->respond(sandbox.handle(request));
                      }));
  made->server_ = std::move(server);
  made->url_ = localUrl(host, made->server_->port());
  made->sandbox_.setPublicUrl(made->url_);
  announce("sandbox listening on " + made->url_);
  return made;
}

void LocalSandbox::sendWebhooks(const Secret& secretKey, std::string url, const Secret& secret) {
  sandbox_.addWebhookEndpoint(secretKey.reveal(), std::move(url), secret);
}

std::string localUrl(const std::string& host, std::uint16_t port) {
  const bool isIpv6 = host.find(':') != std::string::npos;
  return "http://" + (isIpv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void announce(const std::string& line) {
  std::cerr << line + "\n" << std::flush;
}

}  // namespace checkout::app

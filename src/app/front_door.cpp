#include "app/front_door.hpp"

#include "app/local_sandbox.hpp"
#include "transport/error_response.hpp"

namespace checkout::app {

Result<std::unique_ptr<FrontDoor>> FrontDoor::start(transport::HttpServerOptions options) {
  std::unique_ptr<FrontDoor> door(new FrontDoor);
  const std::string host = options.host;
  CHECKOUT_ASSIGN(server, transport::HttpServer::start(
                              std::move(options),
                              [&made = *door](HttpRequest request, std::shared_ptr<HttpResponder> responder) {
                                made.handle(std::move(request), std::move(responder));
                              }));
  door->server_ = std::move(server);
  door->url_ = localUrl(host, door->server_->port());
  return door;
}

void FrontDoor::open(HttpHandler handler) {
  handler_ = std::move(handler);
  open_.store(true, std::memory_order_release);
}

void FrontDoor::handle(HttpRequest request, std::shared_ptr<HttpResponder> responder) const {
  if (!open_.load(std::memory_order_acquire))
    return responder->respond(transport::overloadResponse("The server is starting."));
  handler_(std::move(request), std::move(responder));
}

}  // namespace checkout::app

// An HTTP listener whose address is known before what it serves exists: pages and webhooks are addressed by
// it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

#include "transport/http_server.hpp"

namespace checkout::app {

class FrontDoor {
 public:
  // Listens before it returns; requests get 503 until open().
  static Result<std::unique_ptr<FrontDoor>> start(transport::HttpServerOptions options);

  const std::string& url() const { return url_; }
  void open(HttpHandler handler);  // once; what it uses must live until stop() has returned
  void stop(Milliseconds grace) { server_->stop(grace); }

 private:
  FrontDoor() = default;
  void handle(HttpRequest request, std::shared_ptr<HttpResponder> responder) const;

  HttpHandler handler_;
  std::atomic<bool> open_ = false;
  std::string url_;
  std::unique_ptr<transport::HttpServer> server_;  // last: its threads use the others
};

}  // namespace checkout::app

// A real HttpServer on a free port, for tests that talk to it over sockets.
#pragma once

#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "support/raw_http.hpp"
#include "transport/http_server.hpp"

namespace checkout::test {

class ServerTest : public ::testing::Test {
 protected:
  using Responder = std::shared_ptr<HttpResponder>;

  void TearDown() override { server.reset(); }  // before what a derived fixture owns goes

  void serve(HttpHandler handler) {
    auto started = transport::HttpServer::start(options, std::move(handler));
    ASSERT_TRUE(started.ok()) << started.error().message;
    server = std::move(*started);
  }
  // Answers each request with a line about it, and its body.
  void serveEcho() {
    serve([](const HttpRequest& request, const Responder& responder) {
      HttpResponse response;
      response.body = request.method + " " + request.target + "\n" + request.body;
      responder->respond(std::move(response));
    });
  }
  RawClient client() { return RawClient(server->port()); }

  transport::HttpServerOptions options;
  std::unique_ptr<transport::HttpServer> server;
};

}  // namespace checkout::test

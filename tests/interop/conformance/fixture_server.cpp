// The product's MCP engine and transports, serving the fixtures of the conformance suite instead of shops.
// Over HTTP it prints its address and serves until its standard input ends; with the argument "stdio", over
// that.
#include <cstdio>
#include <iostream>
#include <string_view>

#include <unistd.h>

#include "interop/conformance/fixtures.hpp"
#include "transport/http_server.hpp"
#include "transport/router.hpp"
#include "transport/stdio.hpp"
#include "transport/streamable_http.hpp"

namespace {

using namespace checkout;

int serveHttp(const mcp::Server& server) {
  transport::StreamableHttp endpoint(server);
  transport::Router router({});
  using Handle =
      void (transport::StreamableHttp::*)(const HttpRequest&, const std::shared_ptr<HttpResponder>&);
  const auto on = [&](const char* method, Handle handle) {
    router.on(method, "/mcp",
              [&endpoint, handle](const HttpRequest& request, const transport::PathParams&,
                                  const std::shared_ptr<HttpResponder>& responder) {
                (endpoint.*handle)(request, responder);
              });
  };
  on("POST", &transport::StreamableHttp::post);
  on("GET", &transport::StreamableHttp::get);
  on("DELETE", &transport::StreamableHttp::remove);
  const auto http = transport::HttpServer::start({}, router.asHandler());
  if (!http.ok()) {
    std::cerr << http.error().message << '\n';
    return 1;
  }
  std::cerr << "listening on http://127.0.0.1:" << (*http)->port() << "/mcp" << std::endl;
  while (std::getchar() != EOF) {
  }
  endpoint.stop();
  (*http)->stop(Milliseconds(1'000));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  mcp::Features features{conformance::contentTools(), conformance::resources(), conformance::prompts()};
  for (RegisteredTool& tool : conformance::askingTools()) features.tools.push_back(std::move(tool));
  const mcp::Server server({"conformance-fixtures", "Conformance fixtures", "1.0.0", "", "For tests."},
                           std::move(features));
  if (argc < 2 || std::string_view(argv[1]) != "stdio") return serveHttp(server);
  transport::serveStdio(server, STDIN_FILENO, STDOUT_FILENO);
  return 0;
}

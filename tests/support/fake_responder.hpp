// Keeps what a handler answers, for tests of routes that need no socket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkout/http.hpp>

namespace checkout::test {

class FakeResponder final : public HttpResponder {
 public:
  void respond(HttpResponse answer) override { response = std::move(answer); }
  void begin(int status, HttpHeaders headers) override {
    response = {status, std::move(headers), {}, std::nullopt};
  }
  bool write(std::string chunk) override {
    response->body += chunk;
    return true;
  }
  void finish() override { finished = true; }
  void onDisconnect(std::function<void()> callback) override { callbacks.push_back(std::move(callback)); }

  std::optional<HttpResponse> response;
  bool finished = false;
  std::vector<std::function<void()>> callbacks;
};

// What `handler` answers on the spot to a request with these parts; Host is localhost unless given.
inline HttpResponse answerOf(const HttpHandler& handler, std::string method, std::string target,
                             const std::vector<std::pair<std::string, std::string>>& headers = {},
                             std::string body = {}) {
  HttpRequest request{std::move(method), std::move(target), {}, std::move(body), "127.0.0.1"};
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  if (!request.headers.get("Host")) request.headers.add("Host", "localhost");
  const auto responder = std::make_shared<FakeResponder>();
  handler(std::move(request), responder);
  return responder->response.value_or(HttpResponse{0, {}, "no answer", std::nullopt});
}

}  // namespace checkout::test

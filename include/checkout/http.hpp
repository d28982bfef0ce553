// HTTP messages as values, and the port for making requests. No networking library shows through.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkout/clock.hpp>

namespace checkout {

// In arrival order; names compare without case (RFC 9110 section 5.1).
class HttpHeaders {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);           // replaces every field of that name
  std::optional<std::string> get(std::string_view name) const;  // the first one
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method;  // upper case
  std::string target;  // as sent: path and query, nothing decoded
  HttpHeaders headers;
  std::string body;
  std::string peer;  // address of the client, "127.0.0.1"

  std::string_view path() const;   // target up to '?'
  std::string_view query() const;  // after '?', empty if none
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  // Simulated wire faults (the sandbox's): send this many bytes of the body, then reset the connection; 0
  // sends nothing at all.
  std::optional<std::size_t> resetAfterBytes;
};

// Where an answer goes. Travels with the request; usable from any thread, also after the handler returned.
// Exactly one respond(), or one begin() followed by write()s and a finish().
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;
  virtual void respond(HttpResponse response) = 0;
  // A streamed answer (text/event-stream). write() queues; it returns false once the client is gone.
  virtual void begin(int status, HttpHeaders headers) = 0;
  virtual bool write(std::string chunk) = 0;
  virtual void finish() = 0;
  // Called once, on any thread, when the client disconnects before the answer is complete.
  virtual void onDisconnect(std::function<void()> callback) = 0;
};

using HttpHandler = std::function<void(HttpRequest, std::shared_ptr<HttpResponder>)>;

// What went wrong below HTTP. `sent` tells whether the request may have reached the server.
struct HttpFailure {
  enum class Kind { Connect, Timeout, Reset, Tls, TooLarge, Malformed };
  Kind kind = Kind::Connect;
  bool maybeSent = true;
  std::string message;
};

// Exactly one of the two is set.
struct HttpExchange {
  std::optional<HttpResponse> response;
  std::optional<HttpFailure> failure;
};

// Makes requests to one origin ("https://api.stripe.com"). Thread-safe, never throws, follows no redirect.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // `deadline` bounds the whole exchange. request.peer is ignored.
  virtual HttpExchange send(const std::string& origin, const HttpRequest& request, Milliseconds deadline) = 0;
};

}  // namespace checkout

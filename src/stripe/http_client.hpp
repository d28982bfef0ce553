// Outgoing HTTP/1.1 over cpp-httplib and OpenSSL, behind the HttpClient port.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <checkout/http.hpp>

namespace checkout::stripe {

struct HttpClientOptions {
  std::optional<std::string> caFile;  // PEM; the only trust anchors if set, else the system's
  Milliseconds connectTimeout{5000};  // per address, TLS handshake included; never beyond the call's deadline
  std::size_t maxResponseBytes = 4 * 1024 * 1024;
  std::size_t maxIdlePerOrigin = 32;
};

// Thread-safe: each call has a connection to itself for as long as it lasts, and leaves it in a pool if it is
// still good. Certificates and host names are always verified. A request that is repeatable (GET, or with an
// Idempotency-Key) and meets a pooled connection that turns out dead is sent once more on a fresh one.
// The deadline covers connecting, TLS, sending and receiving, however slowly the peer drips; only the
// system's name resolution has a time limit of its own. Owns one thread, which enforces the deadlines.
std::unique_ptr<HttpClient> makeHttpClient(HttpClientOptions options = {});

}  // namespace checkout::stripe

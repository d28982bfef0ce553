// The simulator of Stripe behind an HTTP listener of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <checkout/clock.hpp>
#include <checkout/http.hpp>
#include <checkout/result.hpp>

#include "sandbox/sandbox.hpp"
#include "transport/http_server.hpp"

namespace checkout::app {

class LocalSandbox {
 public:
  // Listens before it returns, and says so on stderr. Port 0 picks a free one. `clock` must outlive it.
  static Result<std::unique_ptr<LocalSandbox>> start(const std::string& host, std::uint16_t port,
                                                     const Clock& clock);

  const std::string& url() const { return url_; }  // http://127.0.0.1:PORT
  // Events of the account of `secretKey` go to `url` from now on, signed with `secret`.
  void sendWebhooks(const Secret& secretKey, std::string url, const Secret& secret);
  void stop(Milliseconds grace) { server_->stop(grace); }

 private:
  explicit LocalSandbox(const Clock& clock);

  std::unique_ptr<HttpClient> webhooks_;
  sandbox::Sandbox sandbox_;
  std::unique_ptr<transport::HttpServer> server_;  // last: its threads use the others
  std::string url_;
};

std::string localUrl(const std::string& host, std::uint16_t port);  // brackets around IPv6

}  // namespace checkout::app

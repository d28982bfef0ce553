// A stateful simulator of Stripe's REST API and hosted payment page. It does no networking of its own:
// requests come in through handle(), webhooks go out through an HttpClient.
#pragma once

#include <memory>
#include <string>

#include <checkout/clock.hpp>
#include <checkout/http.hpp>
#include <checkout/secret.hpp>

namespace checkout::sandbox {

class Sandbox {
 public:
  // `webhooks` must outlive the sandbox. Starts the threads that deliver webhooks,
  // several at a time and so in no certain order, as Stripe does.
  Sandbox(const Clock& clock, HttpClient& webhooks);
  ~Sandbox();

  // Every route of the simulator: /v1/…, the payment pages /pay/{session}, and /_sandbox/….
  // Thread-safe; may block where a latency fault asks for it.
  HttpResponse handle(const HttpRequest& request);

  // Where customers reach the payment pages; known once the listener has its port.
  void setPublicUrl(std::string url);
  // Events of the account that this secret key belongs to are sent to `url`, signed with `secret`.
  void addWebhookEndpoint(const std::string& secretKey, std::string url, Secret secret);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace checkout::sandbox

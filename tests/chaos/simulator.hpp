// The simulator of Stripe, in the process of the test: it outlives every server that is killed, and its
// clock, which also dates the signatures of webhooks, can be moved together with the servers'.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

#include "app/local_sandbox.hpp"

namespace checkout::chaos {

class ShiftedClock final : public Clock {
 public:
  TimePoint now() const override { return system_.now() + ahead(); }
  Milliseconds ahead() const { return Milliseconds(ahead_.load()); }
  void jump(Milliseconds by) { ahead_ += by.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> ahead_{0};
};

// How the simulator answered. status 0: not at all.
struct Reply {
  int status = 0;
  Json body;
  bool ok() const { return status >= 200 && status < 300; }
};

// Thread-safe.
class Simulator {
 public:
  static Result<std::unique_ptr<Simulator>> start();

  const std::string& url() const { return sandbox_->url(); }
  const ShiftedClock& clock() const { return clock_; }
  void jump(Milliseconds by);  // no server may be in the middle of anything

  // Events of the account that `key` opens are sent to `url` from now on. The signing secret.
  Result<std::string> sendWebhooks(const std::string& key, const std::string& url);
  void addFaults(const Json& rules);
  void clearFaults();
  Json faults();                        // with how often each one struck
  Json ledger(const std::string& key);  // of that account

  // What customers do on the payment page, and banks afterwards.
  Reply pay(const std::string& sessionId, const Json& how);
  Reply settle(const std::string& intentId, bool succeeds);
  // Any request, to the API (a form, with the account's key) or to the simulator's own routes (JSON).
  Reply send(const std::string& method, const std::string& target, const std::string& body,
             const std::string& key = {});

 private:
  Simulator();

  ShiftedClock clock_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<app::LocalSandbox> sandbox_;
};

}  // namespace checkout::chaos

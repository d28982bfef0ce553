// A process that dies at a chosen point. From then on nothing reaches the store or the payment provider,
// which is all that a crash can do to what is durable; a new service over the same store is the restarted
// process.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>
#include <checkout/store.hpp>

#include "support/around.hpp"

namespace checkout::test {

// Burns down by one at each point: before and after every commit and every call. Thread-safe.
class Fuse {
 public:
  // `onDeath` runs on the thread that meets the point: a real process ends itself there.
  explicit Fuse(std::function<void()> onDeath = {}) : onDeath_(std::move(onDeath)) {}

  void light(int points) {
    left_ = points;
    dead_ = false;
  }
  void putOut() { light(std::numeric_limits<int>::max()); }
  bool isDead() const { return dead_; }
  long burned() const { return burned_; }  // points met so far
  // True if the process is dead by now.
  bool burn() {
    ++burned_;
    if (!dead_ && left_-- == 0) {
      dead_ = true;
      if (onDeath_) onDeath_();
    }
    return dead_;
  }

 private:
  const std::function<void()> onDeath_;
  std::atomic<long> burned_{0};
  std::atomic<int> left_{std::numeric_limits<int>::max()};
  std::atomic<bool> dead_{false};
};

class MortalStore final : public Store {
 public:
  MortalStore(Store& inner, Fuse& fuse) : inner_(inner), fuse_(fuse) {}

  Result<void> write(const Body& body) override {
    if (fuse_.burn()) return gone();
    auto done = inner_.write(body);
    if (fuse_.burn()) return gone();
    return done;
  }
  Result<void> read(const Body& body) override {
    if (fuse_.isDead()) return gone();
    return inner_.read(body);
  }
  Result<void> ping() override { return inner_.ping(); }

 private:
  static Error gone() { return {ErrorCode::ServiceUnavailable, "the process has died"}; }
  Store& inner_;
  Fuse& fuse_;
};

class MortalGateway final : public AroundGateway {
 public:
  MortalGateway(PaymentGateway& inner, Fuse& fuse) : AroundGateway(inner), fuse_(fuse) {}

  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    const CallOutcome unheard{CallOutcome::Kind::Unknown, {}, {}, gone()};
    if (fuse_.burn()) return unheard;
    auto outcome = inner_.execute(tenant, call);
    return fuse_.burn() ? unheard : outcome;
  }
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant, const std::string& id) override {
    return unlessDead([&] { return inner_.retrieveSession(tenant, id); });
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant& tenant, const std::string& id) override {
    return unlessDead([&] { return inner_.retrieveIntent(tenant, id); });
  }
  Result<std::optional<PaymentFact>> findPayment(const Tenant& tenant, const SagaId& saga, int attempt,
                                                 TimePoint plannedAt) override {
    return unlessDead([&] { return inner_.findPayment(tenant, saga, attempt, plannedAt); });
  }
  PayerOutcome findPayer(const Tenant& tenant, const std::string& method) override {
    return unlessDeadPayer([&] { return inner_.findPayer(tenant, method); });
  }
  PayerOutcome ensureCustomer(const Tenant& tenant, const std::string& user,
                              const std::string& gone) override {
    return unlessDeadPayer([&] { return inner_.ensureCustomer(tenant, user, gone); });
  }
  Result<std::vector<PageLine>> listPageLines(const Tenant& tenant, const std::string& id) override {
    return unlessDead([&] { return inner_.listPageLines(tenant, id); });
  }
  Result<Reversals> retrieveReversals(const Tenant& tenant, const std::string& id) override {
    return unlessDead([&] { return inner_.retrieveReversals(tenant, id); });
  }
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override {
    return unlessDead([&] { return inner_.listEvents(tenant, query); });
  }

 private:
  static Error gone() { return {ErrorCode::ServiceUnavailable, "the process has died"}; }
  template <class Look>
  auto unlessDead(const Look& look) -> decltype(look()) {
    if (fuse_.burn()) return gone();
    auto answer = look();
    if (fuse_.burn()) return gone();
    return answer;
  }
  template <class Look>
  PayerOutcome unlessDeadPayer(const Look& look) {
    const PayerOutcome unheard{{}, gone(), true, false};
    if (fuse_.burn()) return unheard;
    auto answer = look();
    return fuse_.burn() ? unheard : answer;
  }
  Fuse& fuse_;
};

}  // namespace checkout::test

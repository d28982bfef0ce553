#include "tools/payment_page.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace checkout::tools {
namespace {

constexpr const char* kPaymentPage = "payment_page";
constexpr int kMostWaiting = 4;
constexpr Milliseconds kPatience{20'000}, kGlance{1'000};

// One of the few places to wait in.
class Seat {
 public:
  Seat() : taken_(++waiting() <= kMostWaiting) {}
  ~Seat() { --waiting(); }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  bool taken() const { return taken_; }

 private:
  static std::atomic<int>& waiting() {
    static std::atomic<int> count{0};
    return count;
  }
  const bool taken_;
};

// The customer may still pay, or has just done so and the order is being completed.
bool isUndecided(const Saga& saga) {
  const PaymentState state = saga.payment.state;
  return saga.status == SagaStatus::InProgress ||
         (saga.status == SagaStatus::PaymentPending &&
          (state == PaymentState::Open || state == PaymentState::Declined ||
           state == PaymentState::RequiresAction));
}

// Sleeps until the checkout moves.
class Bell {
 public:
  Bell(SagaChangeFeed& changes, const SagaId& id)
      : subscription_(changes.subscribe([this, id](const SagaChange& change) {
          if (change.sagaId != id) return;
          std::lock_guard lock(mutex_);
          rung_ = true;
          changed_.notify_all();
        })) {}

  void waitFor(Milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
  std::shared_ptr<void> subscription_;  // last: gone before what it uses
};

}  // namespace

InputNeeded openPaymentPage(const Tenant& tenant, const Saga& saga) {
  return {
      {elicitUrl(kPaymentPage,
                 "Pay " + display(saga.totals.total) + " to " + tenant.name + " on Stripe's payment page.",
                 saga.payment.url.value())},
      {{"sagaId", saga.id.value}}};
}

std::optional<ElicitAction> paymentPageAnswer(const ClientInput& input, const SagaId& saga) {
  const auto answer = input.elicited(kPaymentPage);
  if (!answer || !input.state.is_object() || input.state.value("sagaId", "") != saga.value)
    return std::nullopt;
  return answer->action;
}

Saga awaitPayment(const ToolServices& services, Saga saga, const CallContext& context) {
  Bell bell(services.changes, saga.id);
  const Seat seat;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (seat.taken() && isUndecided(saga) && !context.isCancelled() &&
         std::chrono::steady_clock::now() < until) {
    bell.waitFor(kGlance);
    // Asks the provider if nobody else has told us; that it can't be reached now changes nothing.
    auto now = services.checkouts.status(saga.tenantId, saga.id);
    if (now.ok()) saga = *std::move(now);
  }
  return saga;
}

}  // namespace checkout::tools

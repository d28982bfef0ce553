// What the tools, the webhook inbox and the workers can do with checkouts. The one door to the saga.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_events.hpp>
#include <checkout/saga_changes.hpp>

#include "saga/machine.hpp"

namespace checkout::saga {

struct StartCheckout {
  TenantId tenantId;
  UserId userId;
  CartId cartId;
  std::string email, customerName;  // empty: not given
  std::optional<Address> shippingAddress, billingAddress;
  std::optional<std::string> paymentMethodId;
  std::optional<Money> expectedTotal;  // TotalChanged, and nothing is charged, if it is another one
  std::optional<std::string> idempotencyKey;
  std::optional<Approval> approval;
};

// A payment without a page, of the checkout as it stands.
struct PayCheckout {
  std::string paymentMethodId;
  Money expectedTotal;  // TotalChanged, and nothing is charged, if it is another one
  std::optional<Approval> approval;
};

struct ConfirmedIntent {
  Json paymentIntent;  // Stripe's object without client_secret
  std::optional<NextAction> nextAction;
};

struct CheckoutOptions {
  std::string publicUrl;  // this server's own, for /pay/return; "http://127.0.0.1:8080"
  std::string workerId;   // owner name of this process's leases
  int workers = 0;        // threads for due timers; 0: the caller of runDueTimers() does it all
  bool webhooksArrive =
      false;  // false: every sweep reads all events, and open payments are asked for more often
  Milliseconds patience{15'000};  // how long a call waits for whoever works on the same saga
  Decide decide = &saga::decide;  // tests put seeded bugs in its place
};

// Which events of the provider's list are read. Undelivered: those that a webhook endpoint has not
// acknowledged, which is cheap, but misses what no endpoint was ever told of.
enum class SweepDepth { Undelivered, All };
// Called before each page of a sweep: waits so long, and says whether the sweep is to go on.
using SweepPause = std::function<bool(Milliseconds)>;

// What became of a webhook event that was taken in.
enum class EventFate {
  Applied,
  Parked,     // of a payment that is not known yet; applied when it is
  Ignored,    // of a type or an object that is none of our business
  Duplicate,  // taken in before
};
std::string_view toString(EventFate fate);  // "applied"

// Every method is thread-safe, blocks for as long as Stripe takes at most, and is harmless to repeat.
// An id of another tenant is answered exactly like an unknown one (CheckoutNotFound).
class CheckoutService {
 public:
  CheckoutService(Store&, const TenantDirectory&, PaymentGateway&, const Clock&, SagaChangeFeed&,
                  CheckoutOptions);
  ~CheckoutService();
  CheckoutService(const CheckoutService&) = delete;
  CheckoutService& operator=(const CheckoutService&) = delete;

  // With a paymentMethodId it pays at once; but a total above the tenant's approval threshold stays unpaid
  // (pending) until the same is asked for with an approval of that checkout and total.
  Result<Saga> start(const StartCheckout& request);
  // Likewise: above the approval threshold the checkout stays as it is until its total is approved.
  Result<Saga> pay(const TenantId&, const SagaId&, const PayCheckout&);
  Result<std::vector<ShippingSelection>> shippingOptions(const TenantId&, const SagaId&);
  Result<Saga> selectShipping(const TenantId&, const SagaId&, const std::string& carrierId,
                              const std::string& serviceId);
  Result<Saga> createPaymentSession(const TenantId&, const SagaId&);
  // Asks Stripe first if the payment is overdue; without `mayAsk` it is what the store knows.
  Result<Saga> status(const TenantId&, const SagaId&, bool mayAsk = true);
  Result<SagaPage> list(const TenantId&, const SagaPageQuery&);
  // A checkout that is paid without a page is charged again only if its total is what it was (TotalChanged)
  // and, above the approval threshold, approved.
  Result<Saga> retry(const TenantId&, const SagaId&, const std::optional<Approval>& approval = std::nullopt);
  Result<Saga> cancel(const TenantId&, const SagaId&, const std::string& reason);
  Result<ConfirmedIntent> confirmIntent(const TenantId&, const ConfirmRequest&);

  // For the webhook inbox: stores `event` with its effect in one transaction. An event whose saga is unknown
  // is parked; a repeated one changes nothing. An error means that nothing was stored: let the sender repeat
  // it.
  Result<EventFate> applyEvent(const TenantId&, const PaymentEvent& event);
  // For the workers. Runs what is due; returns when the next timer is due, if there is one.
  Result<std::optional<TimePoint>> runDueTimers();
  // Asks the provider for events that no webhook has brought, and applies them. The error is that of an event
  // which could not be applied, and is tried again for as long as the provider lists it. A full sweep that
  // ends early, whatever the reason, is continued by the next one. Without `pause` it fails where it would
  // have to wait.
  Result<void> sweepEvents(const TenantId&, SweepDepth depth = SweepDepth::All, const SweepPause& pause = {});

  // For operators. How many checkouts are stuck (whyStuck(), or unreadable), by tenant: the configured ones,
  // and those that only the store knows.
  Result<std::map<TenantId, std::int64_t>> countStuck();
  // By configured tenant: how old the oldest of the provider's events may be that has not been read. Two
  // minutes at least, about an hour where webhooks arrive; a tenant whose events were never read is left out.
  Result<std::map<TenantId, Milliseconds>> eventsBehind();
  // `who` and `reason` go into the saga's history.
  // Does now what a timer would do later: the stuck step or undo is tried again.
  Result<Saga> resume(const TenantId&, const SagaId&, const std::string& who);
  // Gives money of a completed checkout back: what is left of it, or `amount` (smallest unit). The amount and
  // reason of the last refund are refused unless it is meant `again`.
  Result<Saga> refund(const TenantId&, const SagaId&, std::optional<std::int64_t> amount,
                      const std::string& reason, const std::string& who, bool again = false);
  // The lines of its payment page, asked of the provider. InvalidState if there was never one.
  Result<std::vector<PageLine>> pageLines(const TenantId&, const SagaId&);
  // Ends what does not get on (whyStuck()) and somebody has settled outside of this system; only if that says
  // `about`.
  Result<Saga> resolve(const TenantId&, const SagaId&, const std::string& reason, const std::string& who,
                       const std::string& about = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole saga as agents see it (docs/tools.md, checkout_status).
Json sagaView(const Saga& saga);
// The same in short (docs/tools.md, checkout_list).
Json sagaSummary(const Saga& saga);
// As agents see it; `saga` is its checkout, which knows first when money has come.
Json orderView(const Order& order, const Saga& saga);

}  // namespace checkout::saga

// Everybody at the same checkout at once: agents, webhooks, workers, operators. Above all for the thread
// sanitizer (scripts/test --tsan).
#include <atomic>
#include <thread>

#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

class ThreadSafeFeed final : public SagaChangeFeed {
 public:
  void publish(const SagaChange&) override { ++published; }
  std::shared_ptr<void> subscribe(std::function<void(const SagaChange&)>) override { return nullptr; }
  std::atomic<int> published{0};
};

class Races : public CheckoutTest {
 protected:
  Races() {
    CheckoutOptions options{"http://127.0.0.1:8080", "worker"};
    options.workers = 4;
    service = std::make_unique<CheckoutService>(*db, tenants, gateway, clock, counted, options);
  }
  ~Races() override { service.reset(); }

  using Act = std::function<void()>;
  // All at once, each several times.
  void together(const std::vector<Act>& acts, int times = 3) {
    std::atomic<int> waiting{static_cast<int>(acts.size())};
    std::vector<std::thread> threads;
    for (const Act& act : acts)
      threads.emplace_back([&, act] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        for (int i = 0; i < times; ++i) act();
      });
    for (std::thread& thread : threads) thread.join();
  }
  PaymentEvent paid(const Saga& saga) { return event("evt_" + std::to_string(++events_), saga); }
  Saga atRest(const SagaId& id) {
    for (int i = 0; i < 40; ++i) {
      const Saga saga = *service->status(shop, id);
      if (isTerminal(saga.status)) return saga;
      clock.advance(Milliseconds{31'000});
      EXPECT_TRUE(service->runDueTimers().ok());
      (void)service->cancel(shop, id, "enough").ok();
    }
    ADD_FAILURE() << "it never comes to rest";
    return *service->status(shop, id);
  }
  void expectOneOutcome(const Saga& ended, std::int64_t soldBefore, int refundsBefore) {
    ASSERT_TRUE(isTerminal(ended.status)) << toString(ended.status);
    const bool completed = ended.status == SagaStatus::Completed;
    const auto paid = gateway.payments()[ended.id].size();
    EXPECT_LE(paid, 1u);
    EXPECT_EQ(mugs().sold - soldBefore, completed ? 1 : 0);
    EXPECT_EQ(gateway.refunded() - refundsBefore, completed || paid == 0 ? 0 : 1);
    EXPECT_EQ(mugs().reserved, 0);
    EXPECT_EQ(static_cast<std::int64_t>(events(ended).size()), readVersion(ended));
  }
  std::int64_t readVersion(const Saga& saga) {
    return (*readFor<std::optional<Saga>>(*db,
                                          [&](Transaction& tx) { return tx.sagas().find(shop, saga.id); }))
        ->version;
  }

  ThreadSafeFeed counted;

 private:
  std::atomic<int> events_{0};
};

TEST_F(Races, CancelWebhookPollAndWorkerAtAPaidPage) {
  for (int round = 0; round < 6; ++round) {
    fillCart(1);
    const Saga saga = withSession();
    const std::int64_t sold = mugs().sold;
    const int refunds = gateway.refunded();
    gateway.paySession(*saga.payment.sessionId);
    together({[&] { (void)service->cancel(shop, saga.id, "race").ok(); },
              [&] { (void)service->applyEvent(shop, paid(saga)).ok(); },
              [&] { (void)service->applyEvent(shop, event("evt_same", saga)).ok(); },
              [&] { (void)service->status(shop, saga.id).ok(); },
              [&] {
                clock.advance(Milliseconds{31'000});
                (void)service->runDueTimers().ok();
              },
              [&] { (void)service->createPaymentSession(shop, saga.id).ok(); }});
    expectOneOutcome(atRest(saga.id), sold, refunds);
  }
}

TEST_F(Races, ConfirmCancelAndWebhookAtADeclinedIntent) {
  for (int round = 0; round < 6; ++round) {
    fillCart(1);
    StartCheckout direct = request();
    direct.paymentMethodId = "pm_card_chargeDeclined";
    direct.idempotencyKey = "key-" + std::to_string(round);
    gateway.declineNextIntent();
    const std::int64_t sold = mugs().sold;
    const int refunds = gateway.refunded();
    const auto declined = service->start(direct);
    ASSERT_FALSE(declined.ok());
    const SagaId id{declined.error().details["sagaId"].get<std::string>()};
    const std::string intent = declined.error().details["paymentIntentId"].get<std::string>();
    PaymentEvent event;
    event.id = "evt_intent_" + std::to_string(round);
    event.type = "payment_intent.succeeded";
    event.objectId = intent;
    event.paymentIntentId = intent;
    event.sagaId = id;
    together(
        {[&] {
           (void)service->confirmIntent(shop, {intent, {{"payment_method", "pm_card_visa"}}}).ok();
         },
         [&] {
           (void)service->confirmIntent(shop, {intent, {{"payment_method", "pm_card_visa"}}}).ok();
         },
         [&] { (void)service->cancel(shop, id, "race").ok(); },
         [&] { (void)service->applyEvent(shop, event).ok(); }, [&] { (void)service->status(shop, id).ok(); }},
        1);
    expectOneOutcome(atRest(id), sold, refunds);
  }
}

TEST_F(Races, TheSameStartFromManyAgentsIsOneCheckout) {
  fillCart(1);
  StartCheckout same = request();
  same.idempotencyKey = "one key";
  std::mutex mutex;
  std::set<std::string> ids;
  const Act start = [&] {
    const auto saga = service->start(same);
    ASSERT_TRUE(saga.ok()) << saga.error().message;
    const std::lock_guard lock(mutex);
    ids.insert(saga->id.value);
  };
  together({start, start, start, start});
  EXPECT_EQ(ids.size(), 1u);
}

TEST_F(Races, ManyPagesAreOnePage) {
  fillCart(1);
  const Saga saga = started();
  const Act open = [&] { (void)service->createPaymentSession(shop, saga.id).ok(); };
  together({open, open, open, open});
  EXPECT_EQ(gateway.count(GatewayOperation::CreateSession), 1);
}

TEST_F(Races, OperatorsWhoRefundAtTheSameTimeNeverGiveBackMoreThanWasPaid) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, paid(saga)).ok());
  const std::int64_t half = saga.totals.total.amount / 2 + 1;
  const Act refund = [&] { (void)service->refund(shop, saga.id, half, "race", "operator:ann").ok(); };
  together({refund, refund, refund});
  EXPECT_EQ(gateway.refundedAmount(), half);
}

TEST_F(Races, ManyCheckoutsForTheLastPieces) {
  std::vector<SagaId> ids;
  for (int customer = 0; customer < 14; ++customer) {
    const std::string name = "customer-" + std::to_string(customer);
    const Cart cart{shop, CartId{name}, {{ProductId{"mug"}, 1}}, clock.now()};
    ASSERT_TRUE(db->write([&](Transaction& tx) { return tx.carts().save(cart); }).ok());
    StartCheckout asked = request();
    asked.userId = UserId{name};
    asked.cartId = CartId{name};
    ids.push_back(service->start(asked)->id);
  }
  std::vector<Act> acts;
  std::atomic<int> served{0}, refused{0};
  for (const SagaId& id : ids)
    acts.emplace_back([&, id] {
      const auto page = service->createPaymentSession(shop, id);
      ++(page.ok() ? served : refused);
      EXPECT_TRUE(page.ok() || page.error().code == ErrorCode::InventoryUnavailable) << page.error().message;
    });
  together(acts, 1);
  EXPECT_EQ(served, 10);
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(mugs().reserved, 10);
}

}  // namespace
}  // namespace checkout::saga

// Lets the process die before and after every commit and every call of the payment provider, of every flow.
// The points are counted by the flow itself, so a new one can't be forgotten. After the restart the agent
// repeats its calls, as agents do, the worker goes on, and then the books must balance.
#include <map>

#include "saga/payer.hpp"
#include "support/checkout_fixture.hpp"
#include "support/mortal.hpp"

namespace checkout::saga {
namespace {

class CrashPoints : public CheckoutTest {
 protected:
  using Script = std::function<void()>;

  // Plays `script` once for each of its points, dying there, and once to the end. `judge` sees what is left.
  void atEveryPoint(const Script& script) {
    atEveryPoint(script, [this] { checkInvariants(); });
  }
  void atEveryPoint(const Script& script, const Script& judge) {
    for (int point = 0;; ++point) {
      SCOPED_TRACE("died at point " + std::to_string(point));
      newWorld();
      fuse.light(point);
      script();
      const bool survived = !fuse.isDead();
      restartProcess();
      script();
      settleDown();
      judge();
      if (HasFailure()) return;
      if (survived) {
        EXPECT_GT(point, 10) << "the script did hardly anything";
        return;
      }
    }
  }

  // --- what scripts are made of; none of them minds an error, as the process may be dead ---
  std::optional<Saga> start(const std::string& key, std::optional<std::string> method = std::nullopt) {
    StartCheckout asked = request();
    asked.idempotencyKey = key;
    asked.paymentMethodId = std::move(method);
    auto saga = service->start(asked);
    if (saga.ok()) return *saga;
    if (!saga.error().details.is_object() || !saga.error().details.contains("sagaId")) return std::nullopt;
    return stored(SagaId{saga.error().details["sagaId"].get<std::string>()});
  }
  std::optional<Saga> open(const std::optional<Saga>& saga) {
    if (!saga) return std::nullopt;
    auto opened = service->createPaymentSession(shop, saga->id);
    return opened.ok() ? std::optional(*opened) : stored(saga->id);
  }
  // The customer can only pay on a page that was shown, and that is still open.
  void pay(const std::optional<Saga>& saga, bool late = false) {
    if (!saga || !saga->payment.sessionId || fuse.isDead()) return;
    const PaymentState state = gateway.stateOf(*saga->payment.sessionId);
    if (state == PaymentState::Open || (late && state == PaymentState::Expired))
      gateway.paySession(*saga->payment.sessionId);
  }
  void transfer(const std::optional<Saga>& saga) {
    if (saga && saga->payment.sessionId && !fuse.isDead() &&
        gateway.stateOf(*saga->payment.sessionId) == PaymentState::Open)
      gateway.setState(*saga->payment.sessionId, PaymentState::Processing);
  }
  void endTransfer(const std::optional<Saga>& saga, bool arrives) {
    if (!saga || !saga->payment.sessionId || fuse.isDead() ||
        gateway.stateOf(*saga->payment.sessionId) != PaymentState::Processing)
      return;
    if (arrives)
      gateway.paySession(*saga->payment.sessionId);
    else
      gateway.setState(*saga->payment.sessionId, PaymentState::Canceled);
  }
  void webhook(const std::string& id, const std::optional<Saga>& saga) {
    if (saga && saga->payment.sessionId) (void)service->applyEvent(shop, event(id, *saga)).ok();
  }
  void cancel(const std::optional<Saga>& saga) {
    if (saga) (void)service->cancel(shop, saga->id, "changed my mind").ok();
  }
  std::optional<Saga> stored(const SagaId& id) {
    return *readFor<std::optional<Saga>>(*db, [&](Transaction& tx) { return tx.sagas().find(shop, id); });
  }

  test::Fuse fuse;

 private:
  void newWorld() {
    service.reset();
    db.reset();
    gateway.reset();
    std::filesystem::remove_all(directory());
    CheckoutTest::open();
    ASSERT_TRUE(
        db->write([&](Transaction& tx) { return tx.stock().declare(shop, ProductId{"mug"}, 10); }).ok());
    fillCart(2, 1);
    mortalService();
  }
  void restartProcess() {
    service.reset();
    fuse.putOut();
    CheckoutTest::restart();
    mortalService();
  }
  void mortalService() {
    service.reset();
    mortalStore = std::make_unique<test::MortalStore>(*db, fuse);
    mortalGateway = std::make_unique<test::MortalGateway>(gateway, fuse);
    service = std::make_unique<CheckoutService>(*mortalStore, tenants, *mortalGateway, clock, feed,
                                                CheckoutOptions{"http://127.0.0.1:8080", "worker"});
  }
  // Two hours of a worker that nobody disturbs; pages that are never paid run out.
  void settleDown() {
    for (int round = 0; round < 240; ++round) {
      clock.advance(Milliseconds{31'000});
      gateway.expireOverdue(clock.now());
      const auto next = service->runDueTimers();
      ASSERT_TRUE(next.ok()) << next.error().message;
      if (!next->has_value()) return;
    }
    ADD_FAILURE() << "the worker never comes to rest";
  }

  void checkInvariants() {
    const auto sagas = service->list(shop, {UserId{"ann"}, std::nullopt, 100, ""})->sagas;
    std::int64_t completed = 0, sold = 0;
    for (const Saga& saga : sagas) {
      const std::string what = saga.id.value + " is " + std::string(toString(saga.status));
      EXPECT_TRUE(isTerminal(saga.status) || saga.status == SagaStatus::Pending) << what;
      checkHistory(saga);
      const auto paid = gateway.payments()[saga.id];
      EXPECT_LE(paid.size(), 1u) << what << " and was paid twice";
      if (saga.status == SagaStatus::Completed) {
        completed += saga.totals.total.amount - refundedByHand(saga);
        sold += 2;
        ASSERT_EQ(paid.size(), 1u) << what;
        EXPECT_EQ(paid.front(), saga.totals.total);
        EXPECT_EQ(order(saga)->status, OrderStatus::Confirmed);
      } else if (!paid.empty()) {
        EXPECT_EQ(saga.payment.state, PaymentState::Refunded) << what;
        EXPECT_EQ(order(saga)->status, OrderStatus::Refunded);
      } else if (saga.orderId && isTerminal(saga.status)) {
        EXPECT_EQ(order(saga)->status, OrderStatus::Cancelled) << what;
      }
    }
    std::int64_t captured = 0;
    for (const auto& [id, amounts] : gateway.payments())
      for (const Money& amount : amounts) captured += amount.amount;
    EXPECT_EQ(captured - gateway.refundedAmount(), completed) << "the money and the orders differ";
    EXPECT_EQ(mugs().sold, sold);
    EXPECT_EQ(mugs().reserved, 0) << "stock is held for nobody";
    EXPECT_LE(gateway.customers().size(), 1u) << "a second customer was made";
    checkCalls(sagas);
  }
  std::int64_t refundedByHand(const Saga& saga) {
    const auto entries = readFor<std::vector<RefundEntry>>(
        *db, [&](Transaction& tx) { return tx.ledger().refundsOf(shop, saga.id); });
    std::int64_t sum = 0;
    for (const RefundEntry& entry : *entries) sum += entry.amount.amount;
    return sum;
  }
  void checkHistory(const Saga& saga) {
    const auto history = events(saga);
    EXPECT_EQ(static_cast<std::int64_t>(history.size()), saga.version);
    for (std::size_t i = 0; i < history.size(); ++i)
      EXPECT_EQ(history[i].sequence, static_cast<std::int64_t>(i) + 1);
  }
  // Every request that left had been written down before, and a key never carried two bodies.
  void checkCalls(const std::vector<Saga>& sagas) {
    std::map<std::string, std::string> intents;
    for (const Saga& saga : sagas) {
      const auto calls = readFor<std::vector<CallRecord>>(
          *db, [&](Transaction& tx) { return tx.calls().ofSaga(shop, saga.id); });
      for (const CallRecord& record : *calls) intents[record.call.idempotencyKey] = record.call.body;
    }
    for (const auto& sent : gateway.sent()) EXPECT_EQ(intents[sent.key], sent.body) << sent.key;
  }

  std::unique_ptr<test::MortalStore> mortalStore;
  std::unique_ptr<test::MortalGateway> mortalGateway;
};

TEST_F(CrashPoints, PayingOnThePage) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    pay(saga);
    webhook("evt_1", saga);
  });
}

TEST_F(CrashPoints, NeverPaying) {
  atEveryPoint([&] { (void)open(start("k")); });
}

TEST_F(CrashPoints, PayingDirectly) {
  atEveryPoint([&] { (void)start("k", "pm_card_visa"); });
}

TEST_F(CrashPoints, DeclinedThenConfirmedWithAnotherCard) {
  atEveryPoint([&] {
    if (gateway.sent().empty()) gateway.declineNextIntent();
    const auto saga = start("k", "pm_card_chargeDeclined");
    if (saga && saga->payment.paymentIntentId)
      (void)service
          ->confirmIntent(shop, {*saga->payment.paymentIntentId, {{"payment_method", "pm_card_visa"}}})
          .ok();
  });
}

TEST_F(CrashPoints, DeclinedThenPayingOnThePage) {
  atEveryPoint([&] {
    if (gateway.sent().empty()) gateway.declineNextIntent();
    const auto saga = open(start("k", "pm_card_chargeDeclined"));
    pay(saga);
    webhook("evt_1", saga);
  });
}

TEST_F(CrashPoints, Cancelling) {
  atEveryPoint([&] { cancel(open(start("k"))); });
}

TEST_F(CrashPoints, CancellingWhatWasJustPaid) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    pay(saga);
    cancel(saga);
  });
}

TEST_F(CrashPoints, ChangingTheShippingOfAnOpenPage) {
  atEveryPoint([&] {
    auto saga = open(start("k"));
    if (!saga) return;
    (void)service->selectShipping(shop, saga->id, "post", "express").ok();
    saga = open(saga);
    pay(saga);
    webhook("evt_1", saga);
  });
}

TEST_F(CrashPoints, PayingAfterTheCancellation) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    cancel(saga);
    pay(saga, true);
    webhook("evt_late", saga);
  });
}

TEST_F(CrashPoints, PayingAfterTheCancellationWhereTheTenantHonoursIt) {
  tenants.tenant().policies.latePayment = LatePaymentPolicy::Honour;
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    cancel(saga);
    pay(saga, true);
    webhook("evt_late", saga);
  });
}

TEST_F(CrashPoints, RunningOutAndTryingAgain) {
  atEveryPoint([&] {
    auto saga = open(start("k"));
    if (!saga || !saga->payment.sessionId) return;
    if (saga->attempt == 1 && gateway.stateOf(*saga->payment.sessionId) == PaymentState::Open &&
        !fuse.isDead())
      gateway.setState(*saga->payment.sessionId, PaymentState::Expired);
    clock.advance(Milliseconds{5'000});
    (void)service->status(shop, saga->id).ok();
    (void)service->retry(shop, saga->id).ok();
    saga = open(saga);
    if (saga && saga->attempt == 2) pay(saga);
    webhook("evt_2", saga);
  });
}

TEST_F(CrashPoints, RefundingByHand) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    pay(saga);
    webhook("evt_1", saga);
    if (saga && gateway.refunded() == 0)
      (void)service->refund(shop, saga->id, 300, "a scratch", "operator:ann").ok();
  });
}

TEST_F(CrashPoints, ATransferThatArrives) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    transfer(saga);
    webhook("evt_1", saga);
    endTransfer(saga, /*arrives=*/true);
    webhook("evt_2", saga);
  });
}

TEST_F(CrashPoints, ATransferThatNeverArrives) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    transfer(saga);
    webhook("evt_1", saga);
    endTransfer(saga, /*arrives=*/false);
    webhook("evt_2", saga);
  });
}

TEST_F(CrashPoints, CancellingATransferOnItsWay) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    transfer(saga);
    webhook("evt_1", saga);
    cancel(saga);
    endTransfer(saga, /*arrives=*/true);
    webhook("evt_2", saga);
  });
}

// Two payments of one checkout: what should be impossible, and has to end well all the same.
TEST_F(CrashPoints, MoneyOnAPageThatWasReplaced) {
  std::optional<Saga> first;
  atEveryPoint(
      [&] {
        auto saga = open(start("k"));
        if (!saga || !saga->payment.sessionId) return;
        if (!saga->shipping || saga->shipping->serviceId != "express") first = saga;
        (void)service->selectShipping(shop, saga->id, "post", "express").ok();
        saga = open(saga);
        if (!saga || saga->payment.sessionId == first->payment.sessionId || fuse.isDead()) return;
        if (gateway.stateOf(*first->payment.sessionId) == PaymentState::Expired)
          gateway.paySession(*first->payment.sessionId);
        if (gateway.count(GatewayOperation::Refund) == 0) gateway.refuse(GatewayOperation::Refund, 1);
        webhook("evt_stray", first);
        pay(saga);
        webhook("evt_1", saga);
      },
      [&] {
        const auto sagas = service->list(shop, {UserId{"ann"}, std::nullopt, 100, ""})->sagas;
        ASSERT_EQ(sagas.size(), 1u);
        EXPECT_EQ(sagas[0].status, SagaStatus::Completed);
        EXPECT_TRUE(sagas[0].refundsOwed.empty()) << "a refund was forgotten";
        EXPECT_EQ(gateway.refunded(), 1);
        EXPECT_EQ(gateway.refundedAmount(), first->totals.total.amount);
        EXPECT_EQ(mugs().sold, 2);
      });
}

TEST_F(CrashPoints, PayingWithASavedCard) {
  tenants.tenant().stripe.savedPaymentMethods = true;
  Saga anns;
  anns.tenantId = shop;
  anns.userId = UserId{"ann"};
  atEveryPoint([&] {
    gateway.addCustomer("cus_ann", shop, userDigest(anns));
    gateway.saveMethod("pm_saved", "cus_ann");
    (void)start("k", "pm_saved");
  });
}

TEST_F(CrashPoints, PayingOnAPageThatMaySaveTheCard) {
  tenants.tenant().stripe.savedPaymentMethods = true;
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    pay(saga);
    webhook("evt_1", saga);
  });
}

TEST_F(CrashPoints, LateMoneyThatOnlyTheSweepHearsOf) {
  atEveryPoint([&] {
    const auto saga = open(start("k"));
    cancel(saga);
    pay(saga, true);
    if (saga && saga->payment.sessionId && !fuse.isDead()) gateway.happened(event("evt_late", *saga));
    (void)service->sweepEvents(shop).ok();
  });
}

}  // namespace
}  // namespace checkout::saga

// Events that come early, twice, late, out of order or not at all.
#include "support/around.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

using Loss = test::FakeGateway::Loss;

class Told : public CheckoutTest {
 protected:
  PaymentEvent intentEvent(const std::string& id, const std::string& intent,
                           std::optional<SagaId> saga = std::nullopt) {
    PaymentEvent event;
    event.id = id;
    event.type = "payment_intent.succeeded";
    event.objectId = intent;
    event.paymentIntentId = intent;
    event.sagaId = std::move(saga);
    event.createdAt = clock.now();
    event.payload = "{}";
    return event;
  }
  std::optional<InboxEvent> kept(const std::string& id) {
    return *readFor<std::optional<InboxEvent>>(*db,
                                               [&](Transaction& tx) { return tx.inbox().find(shop, id); });
  }
  int timesInHistory(const Saga& saga, const std::string& eventId) {
    int times = 0;
    for (const SagaEvent& entry : events(saga)) times += entry.data.value("eventId", "") == eventId;
    return times;
  }
};

TEST_F(Told, AnIntentThatNobodyKnowsYetLeadsToItsCheckoutByItsMetadata) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->applyEvent(shop, intentEvent("evt_1", "pi_of_cs_1", saga.id)).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
  EXPECT_EQ(kept("evt_1")->state, InboxEvent::State::Applied);
}

TEST_F(Told, MetadataAloneIsNotTrusted) {
  fillCart(1);
  const Saga saga = withSession();
  ASSERT_TRUE(service->applyEvent(shop, intentEvent("evt_1", "pi_of_somebody", saga.id)).ok())
      << "the checkout's own session is looked at, and is not paid";
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::PaymentPending);
}

TEST_F(Told, AnEventThatComesBeforeTheAnswerOfOurOwnCallSettlesIt) {
  fillCart(1);
  const Saga saga = started();
  gateway.loseNext(Loss::AfterEffect);
  ASSERT_FALSE(service->createPaymentSession(shop, saga.id).ok());
  gateway.paySession("cs_1");
  PaymentEvent event = intentEvent("evt_1", "pi_of_cs_1", saga.id);
  event.type = "checkout.session.completed";
  event.sessionId = "cs_1";
  ASSERT_TRUE(service->applyEvent(shop, event).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
  EXPECT_EQ(gateway.payments()[saga.id].size(), 1u);
}

TEST_F(Told, AParkedEventIsReplayedWhenItsPaymentBecomesKnown) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.refundElsewhere("pi_of_cs_1", Money{100, saga.totals.total.currency});
  PaymentEvent refund =
      intentEvent("evt_early", "pi_of_cs_1");  // no metadata that could lead to the checkout
  refund.type = "charge.refunded";
  ASSERT_TRUE(service->applyEvent(shop, refund).ok());
  EXPECT_EQ(kept("evt_early")->state, InboxEvent::State::Parked);

  EXPECT_EQ(poll(saga.id).status, SagaStatus::Completed);
  restart();
  ASSERT_TRUE(service->runDueTimers().ok());
  EXPECT_EQ(kept("evt_early")->state, InboxEvent::State::Applied);
  EXPECT_EQ(order(*service->status(shop, saga.id))->refunds.size(), 1u);
  const auto next = service->runDueTimers();
  EXPECT_FALSE(next->has_value()) << "nothing is left to do";
}

TEST_F(Told, EachEventIsInTheHistoryOnce) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  ASSERT_TRUE(service->applyEvent(shop, event("evt_0", saga, "checkout.session.expired")).ok());
  EXPECT_EQ(timesInHistory(saga, "evt_1"), 1);
  EXPECT_EQ(timesInHistory(saga, "evt_0"), 1);
}

TEST_F(Told, AnEventWithoutNewsIsNotedAndChangesNothing) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  const Saga done = poll(saga.id);
  const std::size_t published = feed.changes.size();
  clock.advance(Milliseconds{1'000});
  ASSERT_TRUE(service->applyEvent(shop, event("evt_1", saga)).ok());
  const Saga after = *service->status(shop, saga.id);
  EXPECT_EQ(after.updatedAt, done.updatedAt);
  EXPECT_EQ(feed.changes.size(), published);
  EXPECT_EQ(events(saga).back().type, "event_received");
}

TEST_F(Told, TheSweepFindsWhatNoWebhookHasBrought) {
  fillCart(1);
  const Saga saga = withSession();
  ASSERT_TRUE(service->cancel(shop, saga.id, "no").ok());
  gateway.paySession(*saga.payment.sessionId);  // late, and nobody asks for an ended checkout any more
  gateway.happened(event("evt_lost", saga));
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_EQ(service->status(shop, saga.id)->payment.state, PaymentState::Refunded);
  EXPECT_EQ(gateway.refunded(), 1);
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  ASSERT_TRUE(service->applyEvent(shop, event("evt_lost", saga)).ok()) << "the webhook comes after all";
  EXPECT_EQ(timesInHistory(saga, "evt_lost"), 1);
  EXPECT_EQ(gateway.refunded(), 1);
}

TEST_F(Told, ASweepThatCouldNotApplyAnEventBeginsThereAgain) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  PaymentEvent unknown = event("evt_odd", saga);
  unknown.sessionId = "cs_nowhere";
  unknown.sagaId = saga.id;
  gateway.happened(unknown);
  gateway.happened(event("evt_good", saga));
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed) << "the others are not held up";
  clock.advance(Milliseconds{3'600'000});
  EXPECT_FALSE(service->sweepEvents(shop).ok()) << "it is not skipped in silence";
}

TEST_F(Told, AnEventThatFailsForDaysIsAppliedAllTheSame) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.happened(event("evt_paid", saga));
  gateway.failLooks(true);
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  for (int day = 0; day < 3; ++day) {
    clock.advance(Milliseconds{24 * 60 * 60'000});
    EXPECT_FALSE(service->sweepEvents(shop).ok()) << "it is not skipped in silence";
    EXPECT_GE(service->eventsBehind()->at(shop), Milliseconds{(day + 1) * 24 * 60 * 60'000LL});
  }
  restart();  // the next process knows of it, too
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  gateway.failLooks(false);
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_TRUE(kept("evt_paid").has_value());
  EXPECT_LT(service->eventsBehind()->at(shop), Milliseconds{60 * 60'000});
}

TEST_F(Told, WhatHappensBeforeTheFirstSweepThatSucceedsIsReadHoweverLateThatIs) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.failLists(true);
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  gateway.paySession(*saga.payment.sessionId);
  gateway.happened(event("evt_paid", saga));
  clock.advance(Milliseconds{3 * 24 * 60 * 60'000LL});
  EXPECT_GE(service->eventsBehind()->at(shop), Milliseconds{3 * 24 * 60 * 60'000LL});
  gateway.failLists(false);
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_TRUE(kept("evt_paid").has_value());
}

TEST_F(Told, TheSweepReadsAsFarBackAsThereIsSomethingToRead) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  gateway.happened(event("evt_old", saga));
  for (int i = 0; i < 2'500; ++i) {  // a day without us, in a busy account
    PaymentEvent other = event("evt_" + std::to_string(i), saga, "customer.created");
    gateway.happened(other);
  }
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
}

TEST_F(Told, SweepsThatAllEndEarlyReadTheWholeList) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  const auto busySecond = [&](const std::string& name) {
    for (int i = 0; i < 150; ++i)
      gateway.happened(event("evt_" + name + std::to_string(i), saga, "customer.created"));
    clock.advance(Milliseconds{1'000});
  };
  clock.advance(Milliseconds{600'000});
  gateway.happened(event("evt_old", saga));
  for (int second = 0; second < 20; ++second) {
    busySecond(std::to_string(second) + "_");
    clock.advance(Milliseconds{10'000});
  }
  clock.advance(Milliseconds{600'000});
  int deaths = 0;  // each time after seven pages, of forty
  for (bool isDone = false; !isDone; ++deaths) {
    ASSERT_LT(deaths, 100);
    int pages = 0;
    isDone = true;
    const auto dies = [&](Milliseconds) { return isDone = ++pages <= 7; };
    ASSERT_TRUE(service->sweepEvents(shop, SweepDepth::All, dies).ok());
  }
  EXPECT_TRUE(kept("evt_old").has_value());
  EXPECT_TRUE(kept("evt_0_0").has_value());
  EXPECT_TRUE(kept("evt_19_149").has_value());
}

// The next pages have no room at once: a sweep that failed there would leave the rest to the next one.
class CrowdedList final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override {
    if (asked++ % 2 == 1) return AroundGateway::listEvents(tenant, query);
    return Error(ErrorCode::RateLimited, "There is room again in 40 ms.", {{"retryAfterMs", 40}});
  }
  int asked = 0;
};

TEST_F(Told, ASweepWaitsForRoom) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.happened(event("evt_1", saga));
  CrowdedList crowded(gateway);
  CheckoutService patient(*db, tenants, crowded, clock, feed, {"http://127.0.0.1:8080", "worker"});
  std::vector<Milliseconds> waits;
  const auto wait = [&](Milliseconds time) { return waits.push_back(time), true; };
  ASSERT_TRUE(patient.sweepEvents(shop, SweepDepth::All, wait).ok());
  EXPECT_EQ(waits, (std::vector{Milliseconds{0}, Milliseconds{40}}));
  EXPECT_TRUE(kept("evt_1").has_value());
}

// Always the same page, and always more after it.
class CircularList final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override {
    EventQuery first = query;
    first.startingAfter.clear();
    CHECKOUT_ASSIGN(page, inner_.listEvents(tenant, first));
    page.hasMore = true;
    return page;
  }
};

TEST_F(Told, AListThatGoesRoundInACircleIsGivenUp) {
  fillCart(1);
  const Saga saga = withSession();
  clock.advance(Milliseconds{5'000});
  gateway.happened(event("evt_1", saga));
  CircularList circular(gateway);
  CheckoutService service(*db, tenants, circular, clock, feed, {"http://127.0.0.1:8080", "worker"});
  const auto swept = service.sweepEvents(shop, SweepDepth::All);
  ASSERT_FALSE(swept.ok());
  EXPECT_EQ(swept.error().code, ErrorCode::PaymentServiceError);
}

// Stripe's own 429 need not say when there is room again, nor anything else.
class BareRefusal final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<EventPage> listEvents(const Tenant&, const EventQuery&) override {
    return Error(ErrorCode::RateLimited, "The payment service takes no more requests right now.");
  }
};

TEST_F(Told, ASweepThatIsNotToldHowLongToWaitLeavesTheRestToTheNextOne) {
  BareRefusal busy(gateway);
  CheckoutService service(*db, tenants, busy, clock, feed, {"http://127.0.0.1:8080", "worker"});
  int asked = 0;
  const auto swept = service.sweepEvents(shop, SweepDepth::All, [&](Milliseconds) { return ++asked < 10; });
  ASSERT_FALSE(swept.ok());
  EXPECT_EQ(swept.error().code, ErrorCode::RateLimited);
  EXPECT_EQ(asked, 1);
}

TEST_F(Told, AClockThatIsSetBackALittleKeepsNoEventFromBeingRead) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  clock.advance(Milliseconds{180'000});
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  clock.advance(Milliseconds{-150'000});
  gateway.happened(event("evt_now", saga));
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_TRUE(kept("evt_now").has_value());
}

TEST_F(Told, AnEventThatCanNeverBeAppliedIsTriedForAsLongAsItIsListed) {
  fillCart(1);
  const Saga saga = withSession();
  PaymentEvent odd = event("evt_odd", saga);
  odd.sessionId = "cs_nowhere";
  odd.sagaId = saga.id;
  gateway.happened(odd);
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  clock.advance(Milliseconds{29 * 24 * 60 * 60'000LL});
  EXPECT_FALSE(service->sweepEvents(shop).ok());
  clock.advance(Milliseconds{2 * 24 * 60 * 60'000LL});
  EXPECT_FALSE(service->sweepEvents(shop).ok()) << "once more, and it is said";
  EXPECT_GE(gateway.listedSince(), clock.now() - Milliseconds{3 * 24 * 60 * 60'000LL})
      << "the list is not read from there for ever";
  EXPECT_TRUE(service->sweepEvents(shop).ok());
}

TEST_F(Told, AnEventOfTheOtherModeInTheListIsNotOurs) {
  fillCart(1);
  const Saga saga = withSession();
  PaymentEvent live = event("evt_live", saga);
  live.livemode = true;
  gateway.happened(live);
  ASSERT_TRUE(service->sweepEvents(shop).ok());
  EXPECT_FALSE(kept("evt_live").has_value());
}

}  // namespace
}  // namespace checkout::saga

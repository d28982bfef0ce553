#include "webhooks/inbox.hpp"

#include "support/checkout_fixture.hpp"

namespace checkout::webhooks {
namespace {

// Lets everything through that is signed "good", as an event about the session that the body names.
class FakeVerifier final : public PaymentEventVerifier {
 public:
  Result<PaymentEvent> verify(const Tenant&, std::string_view body,
                              std::string_view signature) const override {
    if (signature != "good") return Error(ErrorCode::Unauthenticated, "bad signature");
    const std::string session(body);
    PaymentEvent event;
    event.id = "evt_" + session;
    event.type = "checkout.session.completed";
    event.objectId = session;
    event.sessionId = session;
    event.payload = "redacted " + session;
    event.isForeign = session.starts_with("foreign");
    return event;
  }
};

class InboxTest : public saga::CheckoutTest {
 protected:
  Inbox inbox() { return {tenants, verifier_, *service}; }
  std::optional<InboxEvent> kept(const std::string& id) {
    return *readFor<std::optional<InboxEvent>>(*db,
                                               [&](Transaction& tx) { return tx.inbox().find(shop, id); });
  }

 private:
  FakeVerifier verifier_;
};

TEST_F(InboxTest, AVerifiedEventIsKeptWithItsEffect) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  ASSERT_TRUE(inbox().receive(shop, *saga.payment.sessionId, "good").ok());
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::Completed);
  const auto event = kept("evt_" + *saga.payment.sessionId);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->state, InboxEvent::State::Applied);
  EXPECT_EQ(event->payload, "redacted " + *saga.payment.sessionId) << "not the body, which has secrets";
}

TEST_F(InboxTest, AForgedEventLeavesNoTrace) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.paySession(*saga.payment.sessionId);
  EXPECT_EQ(inbox().receive(shop, *saga.payment.sessionId, "forged").error().code,
            ErrorCode::Unauthenticated);
  EXPECT_EQ(service->status(shop, saga.id)->status, SagaStatus::PaymentPending);
  EXPECT_FALSE(kept("evt_" + *saga.payment.sessionId).has_value());
}

TEST_F(InboxTest, AForeignEventIsTakenAndLeavesNoTrace) {
  const auto fate = inbox().receive(shop, "foreign", "good");
  ASSERT_TRUE(fate.ok());
  EXPECT_EQ(*fate, saga::EventFate::Ignored);
  EXPECT_FALSE(kept("evt_foreign").has_value());
}

TEST_F(InboxTest, AnUnknownTenantIsRefusedBeforeAnythingIsVerified) {
  EXPECT_EQ(inbox().receive(TenantId{"nobody"}, "cs_1", "good").error().code, ErrorCode::TenantNotFound);
}

TEST_F(InboxTest, AnEventThatCannotBeLookedUpIsNotKeptSoThatItIsSentAgain) {
  fillCart(1);
  const Saga saga = withSession();
  gateway.forget(*saga.payment.sessionId);
  EXPECT_FALSE(inbox().receive(shop, *saga.payment.sessionId, "good").ok());
  EXPECT_FALSE(kept("evt_" + *saga.payment.sessionId).has_value());
}

}  // namespace
}  // namespace checkout::webhooks

#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

using State = InboxEvent::State;

class InboxContract : public StoreContract {
 protected:
  bool insert(const std::string& id, const std::string& objectId, State state, std::int64_t received = 0,
              const TenantId& tenantId = kShop, const std::string& payload = "{}") {
    return write([&](Transaction& tx) {
      return tx.inbox().insert(
          {tenantId, id, "checkout.session.completed", objectId, payload, state, at(received)});
    });
  }
  std::optional<InboxEvent> find(const std::string& id, const TenantId& tenantId = kShop) {
    return read([&](Transaction& tx) { return tx.inbox().find(tenantId, id); });
  }
  std::vector<std::string> parkedFor(const std::string& objectId, const TenantId& tenantId = kShop) {
    std::vector<std::string> ids;
    for (const InboxEvent& event :
         read([&](Transaction& tx) { return tx.inbox().parkedFor(tenantId, objectId); }))
      ids.push_back(event.eventId);
    return ids;
  }
  using Ids = std::vector<std::string>;
};
INSTANTIATE_TEST_SUITE_P(Engines, InboxContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(InboxContract, AnEventIsTakenOnce) {
  EXPECT_TRUE(insert("evt_1", "cs_1", State::Applied, 5, kShop, "{\"first\":true}"));
  EXPECT_FALSE(insert("evt_1", "cs_2", State::Parked, 6, kShop, "{}"));
  const auto event = find("evt_1");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, "checkout.session.completed");
  EXPECT_EQ(event->objectId, "cs_1");
  EXPECT_EQ(event->payload, "{\"first\":true}");
  EXPECT_EQ(event->state, State::Applied);
  EXPECT_EQ(event->receivedAt, at(5));
  EXPECT_FALSE(find("evt_2"));
}

TEST_P(InboxContract, ParkedEventsOfAnObjectComeInTheOrderReceivedUntilTheyAreSettled) {
  insert("evt_c", "cs_1", State::Parked, 1);
  insert("evt_a", "cs_1", State::Parked, 3);
  insert("evt_b", "cs_1", State::Parked, 2);
  insert("evt_d", "cs_1", State::Applied, 1);
  insert("evt_e", "cs_2", State::Parked, 1);
  EXPECT_EQ(parkedFor("cs_1"), (Ids{"evt_c", "evt_b", "evt_a"}));
  write([](Transaction& tx) { return tx.inbox().setState(kShop, "evt_b", State::Applied); });
  write([](Transaction& tx) { return tx.inbox().setState(kShop, "evt_c", State::Ignored); });
  EXPECT_EQ(parkedFor("cs_1"), Ids{"evt_a"});
  EXPECT_EQ(find("evt_c")->state, State::Ignored);
}

TEST_P(InboxContract, TheSameEventIdIsAnotherEventInAnotherTenant) {
  insert("evt_1", "cs_1", State::Parked);
  EXPECT_FALSE(find("evt_1", kOtherShop));
  EXPECT_EQ(parkedFor("cs_1", kOtherShop), Ids{});
  EXPECT_EQ(
      writeCode([](Transaction& tx) { return tx.inbox().setState(kOtherShop, "evt_1", State::Applied); }),
      "INTERNAL_ERROR");
  EXPECT_EQ(find("evt_1")->state, State::Parked);
  EXPECT_TRUE(insert("evt_1", "cs_1", State::Ignored, 0, kOtherShop));
}

class OutboxContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    addSaga(makeSaga("saga_1"));
    addSaga(makeSaga("saga_1", kOtherShop));
  }
  void put(const std::string& id, std::int64_t due, const TenantId& tenantId = kShop,
           const std::string& text = "Thanks!\nBye") {
    write([&](Transaction& tx) {
      return tx.outbox().put({tenantId,
                              SagaId{"saga_1"},
                              {id, "shop@example.com", "ada@example.com", "Your order", text},
                              0,
                              at(due)});
    });
  }
  std::vector<OutboxMessage> due(std::int64_t now, int limit = 100) {
    return read([&](Transaction& tx) { return tx.outbox().due(at(now), limit); });
  }
  static std::vector<std::string> ids(const std::vector<OutboxMessage>& messages) {
    std::vector<std::string> values;
    for (const OutboxMessage& message : messages)
      values.push_back(message.tenantId.value + "/" + message.email.id);
    return values;
  }
  using Ids = std::vector<std::string>;
};
INSTANTIATE_TEST_SUITE_P(Engines, OutboxContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(OutboxContract, AMessageIsPutOnceAndComesOutAsItWas) {
  put("mail_1", 10);
  put("mail_1", 5, kShop, "another text");
  ASSERT_EQ(due(9).size(), 0u);
  const auto messages = due(10);
  ASSERT_EQ(messages.size(), 1u);
  const OutboxMessage& message = messages[0];
  EXPECT_EQ(message.tenantId, kShop);
  EXPECT_EQ(message.sagaId.value, "saga_1");
  EXPECT_EQ(message.email.id, "mail_1");
  EXPECT_EQ(message.email.from, "shop@example.com");
  EXPECT_EQ(message.email.to, "ada@example.com");
  EXPECT_EQ(message.email.subject, "Your order");
  EXPECT_EQ(message.email.text, "Thanks!\nBye");
  EXPECT_EQ(message.attempts, 0);
  EXPECT_EQ(message.dueAt, at(10));
}

TEST_P(OutboxContract, DueMessagesOfEveryTenantComeEarliestFirst) {
  put("c", 3);
  put("b", 1, kOtherShop);
  put("a", 2);
  EXPECT_EQ(ids(due(2)), (Ids{"other_shop/b", "shop/a"}));
  EXPECT_EQ(ids(due(9, 2)), (Ids{"other_shop/b", "shop/a"}));
}

TEST_P(OutboxContract, APostponedMessageComesLaterAndCountsTheAttempt) {
  put("mail_1", 1);
  write([](Transaction& tx) { return tx.outbox().postpone(kShop, "mail_1", at(20)); });
  EXPECT_TRUE(due(19).empty());
  ASSERT_EQ(due(20).size(), 1u);
  EXPECT_EQ(due(20)[0].attempts, 1);
}

TEST_P(OutboxContract, ADeliveredMessageNeverComesAgain) {
  put("mail_1", 1);
  write([](Transaction& tx) { return tx.outbox().markDelivered(kShop, "mail_1", at(2)); });
  write([](Transaction& tx) { return tx.outbox().markDelivered(kShop, "mail_1", at(3)); });
  write([](Transaction& tx) { return tx.outbox().postpone(kShop, "mail_1", at(4)); });
  put("mail_1", 1);
  EXPECT_TRUE(due(1000).empty());
}

TEST_P(OutboxContract, AnotherTenantsMessageIsNotTouched) {
  put("mail_1", 1);
  put("mail_1", 1, kOtherShop);
  write([](Transaction& tx) { return tx.outbox().markDelivered(kOtherShop, "mail_1", at(2)); });
  EXPECT_EQ(ids(due(9)), Ids{"shop/mail_1"});
  write([](Transaction& tx) { return tx.outbox().postpone(kOtherShop, "mail_1", at(50)); });
  EXPECT_EQ(due(9).at(0).attempts, 0);
}

}  // namespace
}  // namespace checkout::store

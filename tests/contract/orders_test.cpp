#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

class OrderContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    addSaga(saga_);
    addSaga(makeSaga("saga_1", kOtherShop));
  }
  void save(const Order& order) {
    write([&](Transaction& tx) { return tx.orders().save(order); });
  }
  std::optional<Order> find(const std::string& id, const TenantId& tenantId = kShop) {
    return read([&](Transaction& tx) { return tx.orders().find(tenantId, OrderId{id}); });
  }
  Result<OrderPage> page(const std::string& cursor, int limit, const UserId& userId = kAda,
                         const TenantId& tenantId = kShop) {
    return readFor<OrderPage>(
        store(), [&](Transaction& tx) { return tx.orders().list(tenantId, userId, limit, cursor); });
  }
  static std::vector<std::string> ids(const OrderPage& page) {
    std::vector<std::string> values;
    for (const Order& order : page.orders) values.push_back(order.id.value);
    return values;
  }
  using Ids = std::vector<std::string>;
  const Saga saga_ = makeSaga("saga_1");
};
INSTANTIATE_TEST_SUITE_P(Engines, OrderContract, ::testing::ValuesIn(engines()), engineName);

TEST_P(OrderContract, ASavedOrderIsFoundAsItWasAndReplacedByTheNext) {
  Order order = makeOrder("order_1", saga_);
  EXPECT_FALSE(find("order_1"));
  save(order);
  order.status = OrderStatus::Confirmed;
  order.paymentIntentId = "pi_1";
  order.updatedAt = at(7);
  save(order);
  ASSERT_TRUE(find("order_1"));
  EXPECT_EQ(orderToDocument(*find("order_1")), orderToDocument(order));
}

TEST_P(OrderContract, TheNewestComesFirstAndSavingAgainKeepsThePlace) {
  for (const char* id : {"m", "z", "a"}) save(makeOrder(id, saga_));
  save(makeOrder("m", saga_));
  EXPECT_EQ(ids(*page("", 10)), (Ids{"a", "z", "m"}));
}

TEST_P(OrderContract, PagesNeitherRepeatNorMissAnOrderWhileNewOnesArrive) {
  for (const char* id : {"a", "b", "c", "d", "e"}) save(makeOrder(id, saga_));
  const auto first = page("", 2);
  save(makeOrder("f", saga_));
  const auto second = page(first->nextCursor, 2);
  const auto third = page(second->nextCursor, 2);
  EXPECT_EQ(ids(*first), (Ids{"e", "d"}));
  EXPECT_EQ(ids(*second), (Ids{"c", "b"}));
  EXPECT_EQ(ids(*third), Ids{"a"});
  EXPECT_EQ(third->nextCursor, "");
}

TEST_P(OrderContract, ACursorThatThisListDidNotMakeIsRefused) {
  for (const char* id : {"a", "b"}) save(makeOrder(id, saga_));
  const std::string cursor = page("", 1)->nextCursor;
  addSaga(makeSaga("saga_2"));
  const auto sagas = read([](Transaction& tx) {
    return tx.sagas().list(kShop, {kAda, std::nullopt, 1, ""});
  });
  EXPECT_EQ(codeOf(page(cursor, 1)), "OK");
  EXPECT_EQ(codeOf(page("nonsense", 1)), "VALIDATION_FAILED");
  EXPECT_EQ(codeOf(page(sagas.nextCursor, 1)), "VALIDATION_FAILED");
  EXPECT_EQ(codeOf(page(cursor, 1, UserId{"bob"})), "VALIDATION_FAILED");
  EXPECT_EQ(codeOf(page(cursor, 1, kAda, kOtherShop)), "VALIDATION_FAILED");
  EXPECT_EQ(codeOf(page("", 0)), "VALIDATION_FAILED");
}

TEST_P(OrderContract, AnotherTenantAndAnotherUserSeeNothingOfIt) {
  save(makeOrder("order_1", saga_));
  EXPECT_FALSE(find("order_1", kOtherShop));
  EXPECT_TRUE(page("", 10, kAda, kOtherShop)->orders.empty());
  EXPECT_TRUE(page("", 10, UserId{"bob"})->orders.empty());
  Order other = makeOrder("order_1", makeSaga("saga_1", kOtherShop));
  other.email = "other@example.com";
  save(other);
  EXPECT_EQ(find("order_1")->email, "");
}

}  // namespace
}  // namespace checkout::store

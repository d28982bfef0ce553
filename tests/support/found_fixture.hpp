// The fixture of tests/unit/saga/found_*_test.cpp.
#pragma once

#include <sqlite3.h>

#include "support/checkout_fixture.hpp"

namespace checkout::saga {

class Found : public CheckoutTest {
 protected:
  StartCheckout direct(const std::string& method = "pm_card_visa") const {
    StartCheckout start = request();
    start.paymentMethodId = method;
    return start;
  }
  void addToCart(const char* product, int quantity) {
    auto cart = *readFor<std::optional<Cart>>(
        *db, [&](Transaction& tx) { return tx.carts().find(shop, CartId{"cart"}); });
    if (!cart) cart = Cart{shop, CartId{"cart"}, {}, clock.now()};
    cart->items.push_back({ProductId{product}, quantity});
    ASSERT_TRUE(db->write([&](Transaction& tx) { return tx.carts().save(*cart); }).ok());
  }
  // Its stored document becomes one that no release can read.
  void damage(const SagaId& id) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((directory() / "checkout.db").c_str(), &database), SQLITE_OK);
    const std::string sql = "UPDATE sagas SET doc = 'no json' WHERE saga_id = '" + id.value + "'";
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    EXPECT_EQ(sqlite3_changes(database), 1);
    sqlite3_close(database);
  }
  // What happens between the two is forgotten by the store, and not by the provider.
  void backUp() { copyStore(store(), backup()); }
  void restore() { copyStore(backup(), store()); }
  Saga stored(const SagaId& id) { return *service->status(shop, id, /*mayAsk=*/false); }
  bool isStuck(const SagaId& id) { return whyStuck(stored(id), clock.now()).has_value(); }
  void runTimersFor(Milliseconds time) {
    for (const TimePoint end = clock.now() + time; clock.now() < end;) {
      ASSERT_TRUE(service->runDueTimers().ok());
      clock.advance(Milliseconds{60'000});
    }
  }
  Saga onlySaga() {
    const auto sagas = service->list(shop, {UserId{"ann"}, std::nullopt, 20, ""})->sagas;
    EXPECT_EQ(sagas.size(), 1u);
    return sagas.front();
  }
  PaymentEvent about(const Saga& saga, const std::string& id, const std::string& type) {
    PaymentEvent event = this->event(id, saga, type);
    event.sessionId.reset();
    event.paymentIntentId = saga.payment.paymentIntentId;
    return event;
  }
  std::int64_t captured() {
    std::int64_t sum = 0;
    for (const auto& [saga, payments] : gateway.payments())
      for (const Money& money : payments) sum += money.amount;
    return sum;
  }

 private:
  std::filesystem::path store() const { return directory() / "checkout.db"; }
  std::filesystem::path backup() const { return directory() / "backup.db"; }
  void copyStore(const std::filesystem::path& from, const std::filesystem::path& to) {
    service.reset();
    db.reset();
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    open();
  }
};

}  // namespace checkout::saga

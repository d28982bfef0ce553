// A checkout service over a real SQLite file and a payment provider in memory.
#pragma once

#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/random.hpp"
#include "saga/checkout_service.hpp"
#include "store/open_store.hpp"
#include "support/fake_gateway.hpp"
#include "support/manual_clock.hpp"
#include "support/tenants.hpp"

namespace checkout::saga {

class NoListeners final : public SagaChangeFeed {
 public:
  void publish(const SagaChange& change) override { changes.push_back(change); }
  std::shared_ptr<void> subscribe(std::function<void(const SagaChange&)>) override { return nullptr; }
  std::vector<SagaChange> changes;
};

class CheckoutTest : public testing::Test {
 protected:
  CheckoutTest() : directory_(memoryFolder() / ("checkout-test-" + randomHex(8))) {
    gateway.now = [this] { return clock.now(); };
    open();
    EXPECT_TRUE(
        db->write([&](Transaction& tx) { return tx.stock().declare(shop, ProductId{"mug"}, 10); }).ok());
  }
  ~CheckoutTest() override {
    service.reset();
    db.reset();
    std::filesystem::remove_all(directory_);
  }

  const std::filesystem::path& directory() const { return directory_; }

  void open() {
    auto opened = store::openStore("sqlite:" + (directory_ / "checkout.db").string());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    db = std::move(*opened);
    service = std::make_unique<CheckoutService>(*db, tenants, gateway, clock, feed,
                                                CheckoutOptions{"http://127.0.0.1:8080", "worker"});
  }
  // What a crash and a new start look like to the service.
  void restart() {
    service.reset();
    db.reset();
    open();
  }

  void fillCart(int mugs, int books = 0) {
    Cart cart{shop, CartId{"cart"}, {}, clock.now()};
    if (mugs > 0) cart.items.push_back({ProductId{"mug"}, mugs});
    if (books > 0) cart.items.push_back({ProductId{"ebook"}, books});
    ASSERT_TRUE(db->write([&](Transaction& tx) { return tx.carts().save(cart); }).ok());
  }
  StartCheckout request() const {
    StartCheckout start{shop, UserId{"ann"}, CartId{"cart"}, "ann@example.com", "Ann", {}, {}, {}, {}, {},
                        {}};
    start.shippingAddress = Address{"Ann", "Street 1", "", "Berlin", "", "10115", "DE", ""};
    return start;
  }
  Saga started() {
    auto saga = service->start(request());
    EXPECT_TRUE(saga.ok()) << saga.error().message;
    return *saga;
  }
  Saga withSession() {
    auto saga = service->createPaymentSession(shop, started().id);
    EXPECT_TRUE(saga.ok()) << saga.error().message;
    return *saga;
  }
  // An agent's checkout_status after the poll interval.
  Saga poll(const SagaId& id) {
    clock.advance(Milliseconds{5'000});
    auto saga = service->status(shop, id);
    EXPECT_TRUE(saga.ok()) << saga.error().message;
    return *saga;
  }
  StockLevel mugs() {
    auto level = readFor<std::optional<StockLevel>>(
        *db, [&](Transaction& tx) { return tx.stock().find(shop, ProductId{"mug"}); });
    return level->value();
  }
  std::optional<Order> order(const Saga& saga) {
    auto found = readFor<std::optional<Order>>(
        *db, [&](Transaction& tx) { return tx.orders().find(shop, saga.orderId.value()); });
    return *found;
  }
  std::vector<SagaEvent> events(const Saga& saga) {
    return *readFor<std::vector<SagaEvent>>(
        *db, [&](Transaction& tx) { return tx.sagas().events(shop, saga.id); });
  }
  PaymentEvent event(const std::string& id, const Saga& saga,
                     const std::string& type = "checkout.session.completed") {
    PaymentEvent event;
    event.id = id;
    event.type = type;
    event.objectId = saga.payment.sessionId.value();
    event.sessionId = saga.payment.sessionId;
    event.createdAt = clock.now();
    event.payload = "{}";
    return event;
  }

  const TenantId shop{"shop"};
  test::OneTenant tenants{test::shop()};
  test::FakeGateway gateway;
  test::ManualClock clock;
  NoListeners feed;
  std::unique_ptr<Store> db;
  std::unique_ptr<CheckoutService> service;

 private:
  // A file system in memory where there is one: these tests make thousands of commits, and no power fails.
  static std::filesystem::path memoryFolder() {
    const std::filesystem::path memory("/dev/shm");
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }
  std::filesystem::path directory_;
};

}  // namespace checkout::saga

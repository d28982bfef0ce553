// What the tests of the store port share: a store of each engine in a folder of its own, and values to put
// in.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>

#include <checkout/store.hpp>

#include "model/memory_store.hpp"
#include "store/open_store.hpp"

namespace checkout::store {

// How a test gets an empty store of an engine, and the same one again. A further engine is one more entry in
// engines().
struct StoreEngine {
  std::string name;
  std::function<Result<std::unique_ptr<Store>>(const std::filesystem::path& directory)> open;
  bool keepsFiles = true;  // false: what it holds ends with the store
};

inline void PrintTo(const StoreEngine& engine, std::ostream* out) {  // what GoogleTest shows of a parameter
  *out << engine.name;
}

inline std::vector<StoreEngine> engines() {
  return {{"sqlite",
           [](const std::filesystem::path& directory) {
             return openStore("sqlite:" + (directory / "s.db").string());
           }},
          {"memory",
           [](const std::filesystem::path&) -> Result<std::unique_ptr<Store>> {
             return std::unique_ptr<Store>(std::make_unique<model::MemoryStore>());
           },
           false}};
}

inline std::string engineName(const ::testing::TestParamInfo<StoreEngine>& info) {
  return info.param.name;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "checkout-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// "OK", or the name of the error's code: reads well in a failed comparison.
template <class T>
std::string codeOf(const Result<T>& result) {
  return result.ok() ? "OK" : std::string(toString(result.error().code));
}

inline TimePoint at(std::int64_t millis) {
  return fromUnixMillis(1'790'000'000'000 + millis);
}

inline const TenantId kShop{"shop"}, kOtherShop{"other_shop"};
inline const UserId kAda{"ada"};
inline const CartId kCart{"cart_1"};

inline Saga makeSaga(const std::string& id, const TenantId& tenantId = kShop, const UserId& userId = kAda,
                     const CartId& cartId = kCart) {
  Saga saga;
  saga.tenantId = tenantId;
  saga.id = SagaId{id};
  saga.userId = userId;
  saga.cartId = cartId;
  saga.version = 1;
  saga.customerName = "Ada 'Quote\" Löwe 漢字";
  saga.cart.digest = "d1";
  saga.createdAt = saga.updatedAt = at(0);
  return saga;
}

inline SagaEvent makeEvent(const Saga& saga, const std::string& type = "started") {
  SagaEvent event;
  event.sequence = saga.version;
  event.type = type;
  event.actor = "agent";
  event.from = event.to = saga.status;
  event.data = {{"b", 2}, {"a", {{"z", 1}, {"y", "ü"}}}};
  event.at = at(saga.version);
  return event;
}

inline Order makeOrder(const std::string& id, const Saga& saga) {
  Order order;
  order.tenantId = saga.tenantId;
  order.id = OrderId{id};
  order.sagaId = saga.id;
  order.userId = saga.userId;
  order.createdAt = order.updatedAt = at(0);
  return order;
}

// Runs `body` by Store::write or Store::read, expects that to work and answers what the body does.
template <class Body>
auto valueOf(Store& store, Result<void> (Store::*run)(const Store::Body&), Body body) {
  using Answer = std::invoke_result_t<Body, Transaction&>;
  std::optional<Answer> answer;
  const Result<void> done = (store.*run)([&](Transaction& tx) -> Result<void> {
    answer.emplace(body(tx));
    if (!answer->ok()) return answer->error();
    return {};
  });
  if (!done.ok()) throw std::runtime_error(codeOf(done) + ": " + done.error().message);
  if constexpr (!std::is_same_v<Answer, Result<void>>) return *std::move(*answer);
}

class StoreContract : public ::testing::TestWithParam<StoreEngine> {
 protected:
  void SetUp() override { open(); }

  void open() {
    auto opened = GetParam().open(directory_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = *std::move(opened);
  }
  void reopen() {
    if (!GetParam().keepsFiles) return;
    store_.reset();
    open();
  }
  Store& store() { return *store_; }

  template <class Body>
  auto write(Body body) {
    return valueOf(*store_, &Store::write, body);
  }
  template <class Body>
  auto read(Body body) {
    return valueOf(*store_, &Store::read, body);
  }
  // A transaction of which only the end matters.
  template <class Body>
  std::string writeCode(Body body) {
    return codeOf(store_->write(body));
  }

  void addSaga(const Saga& saga) {
    write([&](Transaction& tx) { return tx.sagas().insert(saga, makeEvent(saga)); });
  }
  Lease lease(const Saga& saga, const std::string& owner = "worker") {
    return *write([&](Transaction& tx) {
      return tx.sagas().acquireLease(saga.tenantId, saga.id, owner, at(0), Milliseconds{1000});
    });
  }
  StockLevel stockOf(const std::string& product, const TenantId& tenantId = kShop) {
    return *read([&](Transaction& tx) { return tx.stock().find(tenantId, ProductId{product}); });
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

}  // namespace checkout::store

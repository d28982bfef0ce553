// Checkouts, their calls and their timers in memory.
#include <algorithm>

#include "model/memory_books.hpp"
#include "store/event_chain.hpp"

namespace checkout::model {
namespace {

class Sagas final : public SagaStore {
 public:
  explicit Sagas(Books& books) : books_(books) {}

  Result<std::optional<Saga>> find(const TenantId& tenant, const SagaId& id) override {
    const auto at = books_.contents.sagas->find({tenant, id.value});
    if (at == books_.contents.sagas->end()) return std::optional<Saga>{};
    return std::optional<Saga>{at->second.saga->value()};
  }
  Result<std::optional<Saga>> findLive(const TenantId& tenant, const CartId& cart) override {
    const Contents::SagaRow* newest = nullptr;
    for (const auto& [key, row] : *books_.contents.sagas) {
      const Saga& saga = row.saga->value();
      if (key.first != tenant || saga.cartId != cart || isTerminal(saga.status)) continue;
      if (newest == nullptr || row.number > newest->number) newest = &row;
    }
    return newest == nullptr ? std::optional<Saga>{} : std::optional<Saga>{newest->saga->value()};
  }
  Result<std::optional<Saga>> findLastPurchase(const TenantId& tenant, const CartId& cart) override {
    const Saga* last = nullptr;
    for (const auto& [key, row] : *books_.contents.sagas) {
      const Saga& saga = row.saga->value();
      if (key.first != tenant || saga.cartId != cart || saga.status != SagaStatus::Completed) continue;
      const auto order = [](const Saga& one) { return std::pair(one.createdAt, one.id); };
      if (last == nullptr || order(*last) < order(saga)) last = &saga;
    }
    return last == nullptr ? std::optional<Saga>{} : std::optional<Saga>{*last};
  }
  Result<std::optional<SagaId>> findByPayment(const TenantId& tenant, const std::string& object) override {
    return found(*books_.contents.payments, Key{tenant, object});
  }
  Result<SagaPage> list(const TenantId& tenant, const SagaPageQuery& query) override {
    std::vector<std::pair<std::int64_t, const Saga*>> rows;
    for (const auto& [key, row] : *books_.contents.sagas) {
      const Saga& saga = row.saga->value();
      if (key.first == tenant && saga.userId == query.userId &&
          (!query.status || saga.status == *query.status))
        rows.emplace_back(row.number, &saga);
    }
    std::sort(rows.rbegin(), rows.rend());
    const std::string_view status = query.status ? toString(*query.status) : "";
    SagaPage page;
    CHECKOUT_ASSIGN(
        next, pageOf(rows, query.limit, query.cursor, {"sagas", tenant.value, query.userId.value, status},
                     [&](const Saga* saga) { page.sagas.push_back(*saga); }));
    page.nextCursor = next;
    return page;
  }
  Result<std::vector<SagaEvent>> events(const TenantId& tenant, const SagaId& id) override {
    std::vector<SagaEvent> history;
    const auto at = books_.contents.sagas->find({tenant, id.value});
    if (at == books_.contents.sagas->end()) return history;
    for (const auto& kept : at->second.events) {
      SagaEvent event = *kept;
      if (!history.empty()) event.previousHash = history.back().hash;
      event.hash = store::eventHash(tenant, id, event);
      history.push_back(std::move(event));
    }
    return history;
  }
  Result<std::vector<TenantId>> tenants() override {
    std::vector<TenantId> all;
    for (const auto& [key, row] : *books_.contents.sagas)
      if (all.empty() || all.back() != key.first) all.push_back(key.first);
    return all;
  }
  Result<UnsettledSagas> unsettled(const TenantId& tenant, int limit) override {
    UnsettledSagas unsettled;
    for (const auto& [key, row] : *books_.contents.sagas) {
      if (key.first != tenant) continue;
      const auto timer = books_.contents.timers->lower_bound({key, TimerKind{}});
      if (timer != books_.contents.timers->end() && timer->first.first == key)
        unsettled.sagas.push_back(row.saga->value());
    }
    std::sort(unsettled.sagas.begin(), unsettled.sagas.end(), [](const Saga& a, const Saga& b) {
      return std::pair(a.updatedAt, a.id) < std::pair(b.updatedAt, b.id);
    });
    if (unsettled.sagas.size() > static_cast<std::size_t>(limit))
      unsettled.sagas.resize(static_cast<std::size_t>(limit));
    return unsettled;
  }
  Result<void> insert(const Saga& saga, const SagaEvent& event) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (saga.version != 1) return internal("A new saga has version 1.");
    const Key key{saga.tenantId, saga.id.value};
    if (books_.contents.sagas->contains(key))
      return Error(ErrorCode::InvalidState, "The checkout " + saga.id.value + " exists already.");
    Contents::SagaRow row;
    row.number = static_cast<std::int64_t>(books_.contents.sagas->size()) + 1;
    CHECKOUT_TRY(append(row, saga, event));
    books_.contents.sagas.edit()[key] = std::move(row);
    return {};
  }
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (lease.tenantId != saga.tenantId || lease.sagaId != saga.id)
      return internal("The lease of another checkout was used.");
    const Key key{saga.tenantId, saga.id.value};
    auto row = found(*books_.contents.sagas, key);
    if (!row) return unknown(saga.id);
    if (row->saga->value().version != saga.version - 1)
      return Error(ErrorCode::InvalidState, "The checkout has moved on meanwhile.");
    if (row->leaseOwner != lease.owner || row->fence != lease.fence)
      return Error(ErrorCode::InvalidState, "Another worker has taken over the checkout.");
    CHECKOUT_TRY(append(*row, saga, event));
    books_.contents.sagas.edit()[key] = std::move(*row);
    return {};
  }
  Result<void> linkPayment(const TenantId& tenant, const std::string& object, const SagaId& saga) override {
    CHECKOUT_TRY(books_.mayWriteOf(tenant, saga));
    const auto known = found(*books_.contents.payments, Key{tenant, object});
    if (known && *known != saga)
      return Error(ErrorCode::InvalidState, "The payment " + object + " belongs to another checkout.");
    if (!known) books_.contents.payments.edit()[{tenant, object}] = saga;
    return {};
  }
  Result<std::optional<Lease>> acquireLease(const TenantId& tenant, const SagaId& id,
                                            const std::string& owner, TimePoint now,
                                            Milliseconds duration) override {
    CHECKOUT_TRY(books_.mayWrite());
    const auto at = books_.contents.sagas->find({tenant, id.value});
    if (at == books_.contents.sagas->end()) return unknown(id);
    if (at->second.leaseOwner && *at->second.leaseOwner != owner && at->second.leaseUntil > now)
      return std::optional<Lease>{};
    Contents::SagaRow& row = books_.contents.sagas.edit()[{tenant, id.value}];
    row.leaseOwner = owner;
    row.leaseUntil = now + duration;
    return std::optional<Lease>{Lease{tenant, id, owner, ++row.fence, row.leaseUntil}};
  }
  Result<void> releaseLease(const Lease& lease) override {
    CHECKOUT_TRY(books_.mayWrite());
    const Key key{lease.tenantId, lease.sagaId.value};
    const auto at = books_.contents.sagas->find(key);
    if (at == books_.contents.sagas->end()) return {};
    if (at->second.leaseOwner != lease.owner || at->second.fence != lease.fence) return {};
    books_.contents.sagas.edit()[key].leaseOwner.reset();
    return {};
  }
  Result<std::optional<IdempotencyRecord>> findIdempotency(const TenantId& tenant,
                                                           const std::string& key) override {
    return found(*books_.contents.idempotency, Key{tenant, key});
  }
  Result<void> putIdempotency(const TenantId& tenant, const IdempotencyRecord& record) override {
    CHECKOUT_TRY(books_.mayWriteOf(tenant, record.sagaId));
    const auto known = found(*books_.contents.idempotency, Key{tenant, record.key});
    if (!known) books_.contents.idempotency.edit()[{tenant, record.key}] = record;
    if (!known || (known->argumentDigest == record.argumentDigest && known->sagaId == record.sagaId))
      return {};
    return Error(ErrorCode::IdempotencyConflict, "The idempotency key was used before.");
  }

 private:
  static Error unknown(const SagaId& id) {
    return {ErrorCode::CheckoutNotFound, "There is no checkout " + id.value + "."};
  }
  static Result<void> append(Contents::SagaRow& row, const Saga& saga, const SagaEvent& event) {
    if (event.sequence != 0 && event.sequence != saga.version)
      return internal("An event doesn't belong to this version of a saga.");
    SagaEvent entry = event;
    entry.sequence = saga.version;
    if (entry.data.is_null()) entry.data = Json::object();
    entry.previousHash.clear();
    entry.hash.clear();
    row.saga = std::make_shared<const Kept<Saga, sagaToDocument>>(saga);
    row.events.push_back(std::make_shared<const SagaEvent>(std::move(entry)));
    return {};
  }
  Books& books_;
};

class Calls final : public CallStore {
 public:
  explicit Calls(Books& books) : books_(books) {}
  Result<std::optional<CallRecord>> find(const TenantId& tenant, const std::string& key) override {
    const auto at = position(tenant, key);
    return at ? std::optional<CallRecord>{(*books_.contents.calls)[*at]} : std::nullopt;
  }
  Result<void> begin(const CallRecord& record) override {
    CHECKOUT_TRY(books_.mayWriteOf(record.tenantId, record.sagaId));
    const auto at = position(record.tenantId, record.call.idempotencyKey);
    if (!at) {
      books_.contents.calls.edit().push_back(record);
      return {};
    }
    if ((*books_.contents.calls)[*at].call.bodyDigest == record.call.bodyDigest) return {};
    return Error(ErrorCode::IdempotencyConflict, "The payment call was planned before with another body.");
  }
  Result<void> finish(const TenantId& tenant, const std::string& key, CallRecord::State state,
                      const std::string& result, TimePoint at) override {
    CHECKOUT_TRY(books_.mayWrite());
    const auto index = position(tenant, key);
    if (!index) return internal("No call with the key " + key + " was begun.");
    const CallRecord& known = (*books_.contents.calls)[*index];
    if (known.state == CallRecord::State::Succeeded)
      return known.state == state && known.result == result
                 ? Result<void>{}
                 : Error(ErrorCode::InvalidState, "The payment call has succeeded already.");
    CallRecord& record = books_.contents.calls.edit()[*index];
    record.state = state;
    record.result = result;
    record.updatedAt = at;
    return {};
  }
  Result<std::vector<CallRecord>> ofSaga(const TenantId& tenant, const SagaId& saga) override {
    std::vector<CallRecord> all;
    for (const CallRecord& record : *books_.contents.calls)
      if (record.tenantId == tenant && record.sagaId == saga) all.push_back(record);
    return all;
  }

 private:
  std::optional<std::size_t> position(const TenantId& tenant, const std::string& key) const {
    const auto& all = *books_.contents.calls;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].tenantId == tenant && all[i].call.idempotencyKey == key) return i;
    return std::nullopt;
  }
  Books& books_;
};

class Timers final : public TimerStore {
 public:
  explicit Timers(Books& books) : books_(books) {}
  Result<void> set(const Timer& timer) override {
    CHECKOUT_TRY(books_.mayWriteOf(timer.tenantId, timer.sagaId));
    books_.contents.timers.edit()[{{timer.tenantId, timer.sagaId.value}, timer.kind}] = timer.dueAt;
    return {};
  }
  Result<void> clear(const TenantId& tenant, const SagaId& saga, TimerKind kind) override {
    CHECKOUT_TRY(books_.mayWrite());
    if (books_.contents.timers->contains({{tenant, saga.value}, kind}))
      books_.contents.timers.edit().erase({{tenant, saga.value}, kind});
    return {};
  }
  Result<std::vector<Timer>> due(TimePoint now, int limit) override {
    std::vector<Timer> all;
    for (const auto& [key, dueAt] : *books_.contents.timers)
      if (dueAt <= now) all.push_back({key.first.first, SagaId{key.first.second}, key.second, dueAt});
    std::stable_sort(all.begin(), all.end(),
                     [](const Timer& a, const Timer& b) { return a.dueAt < b.dueAt; });
    if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
    return all;
  }
  Result<std::optional<TimePoint>> next() override {
    std::optional<TimePoint> earliest;
    for (const auto& [key, dueAt] : *books_.contents.timers)
      if (!earliest || dueAt < *earliest) earliest = dueAt;
    return earliest;
  }

 private:
  Books& books_;
};

}  // namespace

std::unique_ptr<SagaStore> makeSagas(Books& books) {
  return std::make_unique<Sagas>(books);
}
std::unique_ptr<CallStore> makeCalls(Books& books) {
  return std::make_unique<Calls>(books);
}
std::unique_ptr<TimerStore> makeTimers(Books& books) {
  return std::make_unique<Timers>(books);
}

}  // namespace checkout::model

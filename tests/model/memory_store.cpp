#include "model/memory_store.hpp"

#include <functional>

#include "model/memory_books.hpp"

namespace checkout::model {
namespace {

class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(Books& books) : books_(books) {}
  CartStore& carts() override { return made(carts_, makeCarts); }
  StockStore& stock() override { return made(stock_, makeStock); }
  SagaStore& sagas() override { return made(sagas_, makeSagas); }
  CallStore& calls() override { return made(calls_, makeCalls); }
  TimerStore& timers() override { return made(timers_, makeTimers); }
  OrderStore& orders() override { return made(orders_, makeOrders); }
  InboxStore& inbox() override { return made(inbox_, makeInbox); }
  OutboxStore& outbox() override { return made(outbox_, makeOutbox); }
  LedgerStore& ledger() override { return made(ledger_, makeLedger); }
  CustomerStore& customers() override { return made(customers_, makeCustomers); }

 private:
  template <class Part>
  Part& made(std::unique_ptr<Part>& part, std::unique_ptr<Part> (*make)(Books&)) {
    if (!part) part = make(books_);
    return *part;
  }
  Books& books_;
  std::unique_ptr<CartStore> carts_;
  std::unique_ptr<StockStore> stock_;
  std::unique_ptr<SagaStore> sagas_;
  std::unique_ptr<CallStore> calls_;
  std::unique_ptr<TimerStore> timers_;
  std::unique_ptr<OrderStore> orders_;
  std::unique_ptr<InboxStore> inbox_;
  std::unique_ptr<OutboxStore> outbox_;
  std::unique_ptr<LedgerStore> ledger_;
  std::unique_ptr<CustomerStore> customers_;
};

Result<void> run(const Store::Body& body, Books& books) {
  MemoryTransaction tx(books);
  try {
    return body(tx);
  } catch (const std::exception& thrown) {
    return internal(std::string("A transaction failed: ") + thrown.what());
  } catch (...) {
    return internal("A transaction failed.");
  }
}

// Times are all that is a whole number of milliseconds since 1970.
constexpr std::int64_t kFirstTime = 1'500'000'000'000;

void addDocument(Printer& printer, const Json& value, std::vector<TimePoint>& times) {
  switch (value.type()) {
    case Json::value_t::object:
      for (const auto& [name, member] : value.items()) {
        if (name == "version" || name == "createdAt" || name == "requestId" || name == "message") continue;
        printer.add(name);
        addDocument(printer, member, times);
      }
      printer.add(std::uint64_t{1});
      break;
    case Json::value_t::array:
      for (const Json& member : value) addDocument(printer, member, times);
      printer.add(std::uint64_t{2});
      break;
    case Json::value_t::string:
      printer.add(value.get_ref<const std::string&>());
      break;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      if (value.get<std::int64_t>() >= kFirstTime)
        times.push_back(fromUnixMillis(value.get<std::int64_t>()));
      else
        printer.add(static_cast<std::uint64_t>(value.get<std::int64_t>()));
      break;
    default:
      printer.add(value.dump());
  }
}

void add(Printer& printer, const Key& key) {
  printer.add(key.first.value).add(key.second);
}

}  // namespace

Printed::Printed(const Json& document) {
  Printer printer;
  addDocument(printer, document, times_);
  fixed_ = printer.print();
}

void Printed::addTo(Printer& printer, TimePoint now) const {
  printer.add(fixed_);
  for (const TimePoint time : times_) printer.add(time, now);
}

void Contents::addTo(Printer& printer, TimePoint now) const {
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  for (const auto& [key, cart] : *carts) {
    add(printer, key);
    for (const CartItem& item : cart.items) printer.add(item.productId.value).add(number(item.quantity));
  }
  for (const auto& [key, row] : *stock) {
    const StockLevel& level = row.level;
    add(printer, key);
    printer.add(number(level.initial)).add(number(level.reserved)).add(number(level.sold));
  }
  for (const auto& [key, reservation] : *reservations) {
    add(printer, key.first);
    printer.add(key.second.value).add(number(reservation.state)).add(number(reservation.quantity));
  }
  for (const auto& [key, row] : *sagas) {
    add(printer, key);
    row.saga->addTo(printer, now);
    printer.add(std::uint64_t{row.leaseOwner.has_value() && row.leaseUntil > now});
  }
  for (const auto& [key, saga] : *payments) {
    add(printer, key);
    printer.add(saga.value);
  }
  for (const auto& [key, record] : *idempotency) {
    add(printer, key);
    printer.add(record.argumentDigest).add(record.sagaId.value);
  }
  for (const CallRecord& record : *calls) {
    printer.add(record.call.idempotencyKey).add(number(record.state)).add(record.result);
    const bool isOpen =
        record.state == CallRecord::State::Started || record.state == CallRecord::State::Unknown;
    if (isOpen) printer.add(record.createdAt, now);
  }
  for (const auto& [key, dueAt] : *timers) {
    add(printer, key.first);
    printer.add(number(key.second)).add(dueAt, now);
  }
  for (const auto& [key, row] : *orders) {
    add(printer, key);
    row.order->addTo(printer, now);
  }
  for (const auto& [key, event] : *inbox) {
    add(printer, key);
    printer.add(number(event.state));
  }
  for (const auto& [key, row] : *outbox) {
    add(printer, key);
    printer.add(row.message.email.text).add(std::uint64_t{row.delivered});
  }
  for (const auto& [key, entry] : *refunds) {
    add(printer, key);
    printer.add(number(entry.amount.amount)).add(entry.status);
  }
  for (const auto& [key, entry] : *disputes) {
    add(printer, key);
    printer.add(number(entry.amount.amount)).add(entry.status);
  }
  for (const auto& [tenant, until] : *eventsReadUntil) printer.add(tenant.value).add(until, now);
  for (const auto& [tenant, account] : *paymentAccounts) printer.add(tenant.value).add(account);
  for (const auto& [key, customer] : *customers) {
    add(printer, key);
    printer.add(customer.customerId).add(std::uint64_t{customer.isGone});
  }
}

Result<void> MemoryStore::write(const Body& body) {
  if (writer_ == std::this_thread::get_id()) return internal("A transaction was begun inside another one.");
  const std::lock_guard writing(writing_);
  writer_ = std::this_thread::get_id();
  Books books{contents(), false};
  auto done = run(body, books);
  if (done.ok()) {
    const std::lock_guard lock(mutex_);
    contents_ = std::move(books.contents);
  }
  writer_ = std::thread::id{};
  return done;
}

Result<void> MemoryStore::read(const Body& body) {
  Books books{contents(), true};
  return run(body, books);
}

Contents MemoryStore::contents() const {
  const std::lock_guard lock(mutex_);
  return contents_;
}

}  // namespace checkout::model

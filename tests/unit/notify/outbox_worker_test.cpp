#include "notify/outbox_worker.hpp"

#include <algorithm>
#include <future>

#include <gmock/gmock.h>

namespace checkout::notify {
namespace {

using std::chrono_literals::operator""ms;

class SetClock final : public Clock {
 public:
  TimePoint now() const override { return fromUnixMillis(millis_.load()); }
  void advance(Milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_{1'000'000};
};

// An outbox in memory; the other stores are not used here.
class OutboxOnly final : public Store, private Transaction, private OutboxStore {
 public:
  Result<void> write(const Body& body) override {
    const std::lock_guard lock(mutex_);
    if (failWrites) return Error(ErrorCode::ServiceUnavailable, "disk full");
    return body(*this);
  }
  Result<void> read(const Body& body) override {
    const std::lock_guard lock(mutex_);
    return body(*this);
  }
  Result<void> ping() override { return {}; }
  void add(const std::string& id, TimePoint dueAt) {
    const std::lock_guard lock(mutex_);
    messages_.push_back({{"shop"}, {"saga_1"}, {id, "a@b.example", "c@d.example", "S", "T"}, 0, dueAt});
  }
  std::vector<OutboxMessage> left() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::atomic<bool> failWrites = false;

 private:
  template <class Part>
  static Part& unused() {
    std::abort();
  }
  CartStore& carts() override { return unused<CartStore>(); }
  StockStore& stock() override { return unused<StockStore>(); }
  SagaStore& sagas() override { return unused<SagaStore>(); }
  CallStore& calls() override { return unused<CallStore>(); }
  TimerStore& timers() override { return unused<TimerStore>(); }
  OrderStore& orders() override { return unused<OrderStore>(); }
  InboxStore& inbox() override { return unused<InboxStore>(); }
  OutboxStore& outbox() override { return *this; }
  LedgerStore& ledger() override { return unused<LedgerStore>(); }
  CustomerStore& customers() override { return unused<CustomerStore>(); }

  Result<void> put(const OutboxMessage&) override { std::abort(); }
  Result<std::vector<OutboxMessage>> due(TimePoint now, int limit) override {
    std::vector<OutboxMessage> found;
    std::copy_if(messages_.begin(), messages_.end(), std::back_inserter(found),
                 [&](const auto& m) { return m.dueAt <= now; });
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.dueAt < b.dueAt; });
    if (found.size() > static_cast<std::size_t>(limit)) found.erase(found.begin() + limit, found.end());
    return found;
  }
  Result<void> markDelivered(const TenantId&, const std::string& id, TimePoint) override {
    std::erase_if(messages_, [&](const auto& m) { return m.email.id == id; });
    return {};
  }
  Result<void> postpone(const TenantId&, const std::string& id, TimePoint dueAt) override {
    for (auto& message : messages_)
      if (message.email.id == id) {
        message.attempts += 1;
        message.dueAt = dueAt;
      }
    return {};
  }

  std::mutex mutex_;
  std::vector<OutboxMessage> messages_;
};

class RecordingMailer final : public Mailer {
 public:
  Result<void> deliver(const Email& email) override {
    const std::lock_guard lock(mutex_);
    tried_.push_back(email.id);
    changed_.notify_all();
    if (failing > 0) {
      --failing;
      return Error(ErrorCode::ServiceUnavailable, "no route");
    }
    return {};
  }
  std::vector<std::string> waitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return tried_.size() >= count; }));
    return tried_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return tried_.size();
  }
  int failing = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> tried_;
};

// The outcome of the last delivery is stored after it; this waits until the store shows it.
template <class Condition>
void eventually(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(condition());
}

class OutboxWorkerTest : public testing::Test {
 protected:
  OutboxOnly store_;
  RecordingMailer mailer_;
  SetClock clock_;
};

TEST_F(OutboxWorkerTest, DeliversWhatAnEarlierProcessLeft) {
  store_.add("old", clock_.now());
  OutboxWorker worker(store_, mailer_, clock_);
  EXPECT_THAT(mailer_.waitFor(1), testing::ElementsAre("old"));
  eventually([&] { return store_.left().empty(); });
}

TEST_F(OutboxWorkerTest, DeliversNewMessagesWhenWoken) {
  OutboxWorker worker(store_, mailer_, clock_);
  store_.add("new", clock_.now());
  worker.wake();
  EXPECT_THAT(mailer_.waitFor(1), testing::ElementsAre("new"));
}

TEST_F(OutboxWorkerTest, DeliversMoreThanOneBatch) {
  for (int i = 0; i < 5; ++i) store_.add(std::to_string(i), clock_.now());
  OutboxWorker worker(store_, mailer_, clock_, {.batch = 2});
  EXPECT_THAT(mailer_.waitFor(5), testing::ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(OutboxWorkerTest, PostponesAFailedMessageLongerEachTime) {
  mailer_.failing = 2;
  store_.add("stubborn", clock_.now());
  const TimePoint start = clock_.now();
  OutboxWorker worker(store_, mailer_, clock_, {.firstDelay = 3'600'000ms, .longestDelay = 86'400'000ms});
  mailer_.waitFor(1);
  eventually([&] { return store_.left().at(0).attempts == 1; });
  EXPECT_EQ(store_.left().at(0).dueAt, start + 3'600'000ms);
  clock_.advance(3'600'000ms);
  worker.wake();
  mailer_.waitFor(2);
  eventually([&] { return store_.left().at(0).attempts == 2; });
  EXPECT_EQ(store_.left().at(0).dueAt, clock_.now() + 7'200'000ms);
  clock_.advance(7'200'000ms);
  worker.wake();
  mailer_.waitFor(3);
  eventually([&] { return store_.left().empty(); });
}

TEST_F(OutboxWorkerTest, WakesByItselfWhenTheNextMessageIsDue) {
  class RealClock final : public Clock {
   public:
    TimePoint now() const override { return SystemClock{}.now(); }
  } clock;
  store_.add("soon", clock.now() + 30ms);
  OutboxWorker worker(store_, mailer_, clock);
  EXPECT_THAT(mailer_.waitFor(1), testing::ElementsAre("soon"));
}

TEST_F(OutboxWorkerTest, LeavesOthersAloneWhileOneIsNotDue) {
  store_.add("later", clock_.now() + 3'600'000ms);
  store_.add("now", clock_.now());
  OutboxWorker worker(store_, mailer_, clock_);
  EXPECT_THAT(mailer_.waitFor(1), testing::ElementsAre("now"));
  eventually([&] { return store_.left().size() == 1; });
}

TEST_F(OutboxWorkerTest, DoesNotHammerAStoreThatCannotKeepTheOutcome) {
  store_.failWrites = true;
  store_.add("unkept", clock_.now());
  {
    OutboxWorker worker(store_, mailer_, clock_, {.firstDelay = 3'600'000ms});
    mailer_.waitFor(1);
  }
  EXPECT_EQ(mailer_.count(), 1u);
  EXPECT_EQ(store_.left().size(), 1u);
}

TEST_F(OutboxWorkerTest, StopsAtOnceWhileNothingIsDue) {
  store_.add("later", clock_.now() + 3'600'000ms);
  OutboxWorker worker(store_, mailer_, clock_);
}

}  // namespace
}  // namespace checkout::notify

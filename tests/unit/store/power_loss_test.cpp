// Power fails in the middle of anything, disks fill up and break: what was acknowledged is there afterwards,
// and nothing is half there. (What was refused may be there, if only its sync failed and nothing was written
// after it.)
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <sqlite3.h>

#include "contract/store_fixture.hpp"
#include "support/faulty_disk.hpp"

namespace checkout::store {
namespace {

namespace fs = std::filesystem;
using test::FaultyDisk;
using Fault = FaultyDisk::Fault;
using Ids = std::set<std::string>;

constexpr int kWays = 3;    // in which one power loss is tried
constexpr int kRounds = 6;  // of power loss and restart in one life

// A change with two halves.
Result<void> insertPair(Transaction& tx, const std::string& id, std::size_t bytes) {
  for (const char* half : {"a_", "b_"})
    CHECKOUT_TRY(tx.inbox().insert(
        {kShop, half + id, "t", "cs", std::string(bytes, 'x'), InboxEvent::State::Parked, at(0)}));
  return {};
}

bool isIntact(const fs::path& file) {
  sqlite3* database = nullptr;
  std::string verdict;
  sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
  sqlite3_exec(
      database, "PRAGMA integrity_check",
      [](void* out, int, char** values, char**) {
        static_cast<std::string*>(out)->append(values[0]);
        return 0;
      },
      &verdict, nullptr);
  sqlite3_close(database);
  return verdict == "ok";
}

// Four callers write; the answers they get are kept. They can be frozen as they stand at one moment.
class Shoppers {
 public:
  void write(Store& store, int round, std::uint64_t seed) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&, thread] {
        std::mt19937_64 random(seed + static_cast<std::uint64_t>(thread));
        for (int i = 0; i < 25; ++i) {
          const std::string id =
              std::to_string(round) + "_" + std::to_string(thread) + "_" + std::to_string(i);
          const std::size_t bytes = random() % 20 == 0 ? 200'000 : random() % 3'000;
          begin(id);
          const auto code = codeOf(store.write([&](Transaction& tx) { return insertPair(tx, id, bytes); }));
          EXPECT_TRUE(code == "OK" || code == "SERVICE_UNAVAILABLE") << code;
          if (code == "OK") acknowledge(id);
        }
      });
    for (std::thread& thread : threads) thread.join();
  }

  Ids asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  Ids acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  // What comes after the moment of the power loss was never said to anybody.
  void keepOnly(const Ids& acknowledged) {
    const std::lock_guard lock(mutex_);
    acknowledged_ = acknowledged;
  }

 private:
  void begin(const std::string& id) {
    const std::lock_guard lock(mutex_);
    asked_.insert(id);
  }
  void acknowledge(const std::string& id) {
    const std::lock_guard lock(mutex_);
    acknowledged_.insert(id);
  }
  mutable std::mutex mutex_;
  Ids asked_, acknowledged_;
};

class PowerLoss : public ::testing::Test {
 protected:
  bool mayBeRefused_ = false;
  fs::path fileOf(int round) const { return directory_.path() / std::to_string(round) / "s.db"; }
  std::unique_ptr<Store> open(int round) {
    fs::create_directories(fileOf(round).parent_path());
    auto opened = openStore("sqlite:" + fileOf(round).string());
    EXPECT_TRUE(opened.ok() || mayBeRefused_) << "round " << round << ": " << codeOf(opened);
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  static bool has(Store& store, const std::string& eventId) {
    const auto found = readFor<std::optional<InboxEvent>>(
        store, [&](Transaction& tx) { return tx.inbox().find(kShop, eventId); });
    EXPECT_EQ(codeOf(found), "OK");
    return found.ok() && found->has_value();
  }
  struct Findings {
    int lost = 0, halved = 0;
  };
  static Findings inspect(Store& store, const Shoppers& shoppers) {
    Findings findings;
    const Ids acknowledged = shoppers.acknowledged();
    for (const std::string& id : shoppers.asked()) {
      const bool a = has(store, "a_" + id), b = has(store, "b_" + id);
      findings.halved += a != b;
      findings.lost += acknowledged.contains(id) && !(a && b);
    }
    return findings;
  }

  // A life of many power losses: writes, dies at some write or sync, and starts again from what is left.
  // Stops early once something is lost.
  Findings live(
      FaultyDisk& disk, int rounds, std::uint64_t seed, const std::function<void()>& trouble = [] {}) {
    Shoppers shoppers;
    std::mt19937_64 random(seed);
    Findings findings;
    for (int round = 0; round < rounds && findings.lost + findings.halved == 0; ++round) {
      auto store = open(round);
      if (!store) return {1, 0};
      if (!store) {
        ++findings.lost;
        break;
      }
      EXPECT_TRUE(isIntact(fileOf(round)));
      findings = inspect(*store, shoppers);
      const fs::path next = fileOf(round + 1).parent_path();
      fs::create_directories(next);
      std::optional<Ids> told;
      const auto losePower = [&] {
        disk.copyAsAfterPowerLoss(fileOf(round), next, random());
        told = shoppers.acknowledged();
      };
      trouble();
      disk.beforeOperation(1 + random() % 900, losePower);
      shoppers.write(*store, round, random());
      store.reset();
      disk.beforeOperation(1, nullptr);
      disk.heal();
      if (!told) losePower();
      shoppers.keepOnly(*told);
      fs::remove_all(fileOf(round).parent_path());
    }
    if (findings.lost + findings.halved == 0)
      if (auto store = open(rounds)) findings = inspect(*store, shoppers);
    return findings;
  }

  TemporaryDirectory directory_;
};

class PowerLossSeeds : public PowerLoss, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, PowerLossSeeds, ::testing::Range(1, 4));

TEST_P(PowerLossSeeds, LosesNothingThatWasAcknowledgedAndLeavesNothingHalfDone) {
  FaultyDisk disk;
  const auto [lost, halved] = live(disk, kRounds, static_cast<std::uint64_t>(GetParam()));
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(halved, 0);
}

TEST_P(PowerLossSeeds, AfterWritesAndSyncsThatFailedStillLosesNothing) {
  FaultyDisk disk;
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  const auto [lost, halved] = live(disk, kRounds, static_cast<std::uint64_t>(GetParam()), [&] {
    const Fault faults[] = {Fault::Full, Fault::WriteError, Fault::SyncError};
    const char* const files[] = {"", ".db", "-wal"};
    for (int i = 0; i < 3; ++i)
      disk.fail(faults[random() % 3], 1 + static_cast<int>(random() % 20), files[random() % 3]);
  });
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(halved, 0);
}

TEST_F(PowerLoss, AtAnyMomentOfTheFirstStartLeavesAStoreThatOpens) {
  FaultyDisk disk;
  const std::uint64_t before = disk.operations();
  open(0).reset();
  const std::uint64_t all = disk.operations() - before;
  EXPECT_GT(all, 10u);
  int round = 1;
  for (std::uint64_t number = 1; number <= all; ++number) {
    const int first = round++, image = round;
    round += kWays;
    for (int way = 0; way < kWays; ++way) fs::create_directories(fileOf(image + way).parent_path());
    disk.beforeOperation(number, [&] {
      for (int way = 0; way < kWays; ++way)
        disk.copyAsAfterPowerLoss(fileOf(first), fileOf(image + way).parent_path(),
                                  static_cast<std::uint64_t>(way));
    });
    open(first).reset();
    for (int way = 0; way < kWays; ++way) {
      EXPECT_NE(open(image + way), nullptr) << "operation " << number << ", seed " << way;
      fs::remove_all(fileOf(image + way).parent_path());
    }
    fs::remove_all(fileOf(first).parent_path());
  }
}

// The proof that the checks above can fail.
TEST_F(PowerLoss, IsNoticedWhereSyncsAreIgnored) {
  FaultyDisk disk;
  disk.ignoreSyncs();
  mayBeRefused_ = true;  // a log without its file, say
  const auto [lost, halved] = live(disk, kRounds, 1);
  EXPECT_GT(lost + halved, 0);
}

class BadDisk : public PowerLoss {
 protected:
  void SetUp() override { store_ = open(0); }
  std::string write(const std::string& id, std::size_t bytes = 10) {
    return codeOf(store_->write([&](Transaction& tx) { return insertPair(tx, id, bytes); }));
  }
  bool has(const std::string& id) { return PowerLoss::has(*store_, "a_" + id); }
  void losePower(std::uint64_t seed) {
    const fs::path next = fileOf(++round_).parent_path();
    fs::create_directories(next);
    disk_.copyAsAfterPowerLoss(fileOf(round_ - 1), next, seed);
    store_ = open(round_);
  }

  FaultyDisk disk_;
  int round_ = 0;
  std::unique_ptr<Store> store_;
};

TEST_F(BadDisk, ThatIsFullIsUnavailableToEveryWriterUntilSpaceReturns) {
  ASSERT_EQ(write("before"), "OK");
  disk_.fail(Fault::Full);
  std::atomic<int> unavailable = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i)
    callers.emplace_back(
        [&, i] { unavailable += write("full_" + std::to_string(i), 100'000) == "SERVICE_UNAVAILABLE"; });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(unavailable, 16);
  EXPECT_TRUE(has("before")) << "reading goes on";
  EXPECT_FALSE(has("full_0"));
  disk_.heal();
  EXPECT_EQ(write("after"), "OK");
  losePower(1);
  EXPECT_TRUE(has("before"));
  EXPECT_TRUE(has("after"));
  for (int i = 0; i < 16; ++i) EXPECT_FALSE(has("full_" + std::to_string(i)));
}

// After a failed sync the system may have dropped the bytes and say yes to the next sync (fsync(2)).
TEST_F(BadDisk, WhoseSyncFailedKeepsWhatIsWrittenAfterwards) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const std::string name = std::to_string(seed);
    ASSERT_EQ(write("before" + name), "OK");
    disk_.fail(Fault::SyncError, 1);
    EXPECT_EQ(write("refused" + name, 20'000), "SERVICE_UNAVAILABLE");
    EXPECT_FALSE(has("refused" + name));
    EXPECT_EQ(write("after" + name), "OK");
    losePower(seed);
    EXPECT_TRUE(has("before" + name));
    EXPECT_TRUE(has("after" + name));
    EXPECT_FALSE(has("refused" + name));
  }
}

TEST_F(BadDisk, ThatBreaksInACheckpointIsNotNoticedByWritersAndLosesNothing) {
  constexpr int kWrites = 50;  // the log is folded into the file from some 4 MB on
  for (const Fault fault : {Fault::Full, Fault::WriteError, Fault::SyncError}) {
    const auto id = [&](int i) { return std::to_string(static_cast<int>(fault)) + "_" + std::to_string(i); };
    disk_.fail(fault, 3, ".db");
    for (int i = 0; i < kWrites; ++i) EXPECT_EQ(write(id(i), 50'000), "OK");
    losePower(static_cast<std::uint64_t>(fault));
    disk_.heal();
    for (int i = 0; i < kWrites; ++i) EXPECT_TRUE(has(id(i))) << id(i);
    EXPECT_TRUE(isIntact(fileOf(round_)));
  }
}

TEST_F(BadDisk, ThatIsFullAtTheStartSaysSoAndHarmsNothing) {
  ASSERT_EQ(write("before"), "OK");
  losePower(3);
  store_.reset();
  disk_.fail(Fault::WriteError);
  const auto fresh = openStore("sqlite:" + (directory_.path() / "new.db").string());
  EXPECT_EQ(codeOf(fresh), "SERVICE_UNAVAILABLE");
  disk_.heal();
  EXPECT_EQ(codeOf(openStore("sqlite:" + (directory_.path() / "new.db").string())), "OK");
  store_ = open(round_);
  EXPECT_TRUE(has("before"));
}

}  // namespace
}  // namespace checkout::store

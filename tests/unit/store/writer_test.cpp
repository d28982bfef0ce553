// The group commit: what bodies that share a transaction owe each other.
#include "store/sqlite/writer.hpp"

#include <latch>
#include <list>
#include <thread>

#include "contract/store_fixture.hpp"
#include "unit/store/file_size_limit.hpp"

namespace checkout::store::sqlite {
namespace {

class WriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(codeOf(openStore("sqlite:" + file_)), "OK");
    auto opened = Connection::open(file_, Connection::Role::Writer);
    ASSERT_EQ(codeOf(opened), "OK");
    connection_ = opened->get();
    writer_ = std::make_unique<Writer>(*std::move(opened));
  }

  static Store::Body insert(const std::string& id, std::size_t bytes = 10) {
    return [id, bytes](Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(tx.inbox().insert(
          {kShop, id, "t", "cs", std::string(bytes, 'x'), InboxEvent::State::Parked, at(0)}));
      return {};
    };
  }
  static Store::Body failIfThere(const std::string& id) {
    return [id](Transaction& tx) -> Result<void> {
      CHECKOUT_ASSIGN(seen, tx.inbox().find(kShop, id));
      if (seen) return Error(ErrorCode::InventoryUnavailable, id + " was there");
      return {};
    };
  }
  bool has(const std::string& id) { return codeOf(writer_->run(failIfThere(id))) == "INVENTORY_UNAVAILABLE"; }

  // Makes `bodies` wait together, in this order, while the writer is busy; then `before` runs, and they go.
  std::vector<std::string> runTogether(
      const std::vector<Store::Body>& bodies, std::function<void()> before = [] {}) {
    std::latch busy(1), go(1);
    std::thread first([&] {
      EXPECT_EQ(codeOf(writer_->run([&](Transaction&) -> Result<void> {
                  busy.count_down();
                  go.wait();
                  return {};
                })),
                "OK");
    });
    busy.wait();
    std::vector<std::string> outcomes(bodies.size());
    std::vector<std::thread> callers;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      callers.emplace_back([&, i] { outcomes[i] = codeOf(writer_->run(bodies[i])); });
      while (writer_->queued() <= i) std::this_thread::yield();
    }
    before();
    go.count_down();
    first.join();
    for (std::thread& caller : callers) caller.join();
    return outcomes;
  }
  using Outcomes = std::vector<std::string>;

  TemporaryDirectory directory_;
  const std::string file_ = (directory_.path() / "s.db").string();
  Connection* connection_ = nullptr;  // the writer's; touched only while its thread waits
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, ABodyOfABatchSeesTheOnesBeforeItAndFailsAlone) {
  EXPECT_EQ(runTogether({insert("a"), failIfThere("a"), insert("b"), failIfThere("c")}),
            (Outcomes{"OK", "INVENTORY_UNAVAILABLE", "OK", "OK"}));
  EXPECT_TRUE(has("a"));
  EXPECT_TRUE(has("b"));
}

TEST_F(WriterTest, WhenTheSharedCommitFailsEvenADomainErrorIsNotReportedSinceItMayRestOnWhatWasLost) {
  std::optional<FileSizeLimit> full;
  EXPECT_EQ(runTogether({insert("a"), failIfThere("a"), failIfThere("b")}, [&] { full.emplace(0); }),
            (Outcomes(3, "SERVICE_UNAVAILABLE")));
  full.reset();
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(codeOf(writer_->run(insert("a"))), "OK");
}

TEST_F(WriterTest, AFullDatabaseIsUnavailableToItsBatchAndWorksAgainWithSpace) {
  const auto limitPages = [&](const char* pages) {
    EXPECT_EQ(codeOf(connection_->runScript(std::string("PRAGMA max_page_count = ") + pages)), "OK");
  };
  const auto outcomes =
      runTogether({insert("small"), insert("big", 1'000'000), insert("last")}, [&] { limitPages("1"); });
  EXPECT_EQ(outcomes.at(1), "SERVICE_UNAVAILABLE");
  EXPECT_FALSE(has("big"));
  // Which of the small ones fitted is SQLite's business; that their callers were told the truth is ours.
  EXPECT_EQ(has("small"), outcomes.at(0) == "OK");
  EXPECT_EQ(has("last"), outcomes.at(2) == "OK");
  runTogether({}, [&] { limitPages("1000000"); });
  EXPECT_EQ(codeOf(writer_->run(insert("big", 1'000'000))), "OK");
}

TEST_F(WriterTest, ClosingRunsWhatIsQueuedFirst) {
  std::thread closing;
  const auto outcomes = runTogether({insert("a"), insert("b"), insert("c")}, [&] {
    closing = std::thread([writer = std::move(writer_)]() mutable { writer.reset(); });
  });
  closing.join();
  EXPECT_EQ(outcomes, Outcomes(3, "OK"));
  auto reopened = Connection::open(file_, Connection::Role::Writer);
  ASSERT_EQ(codeOf(reopened), "OK");
  writer_ = std::make_unique<Writer>(*std::move(reopened));
  for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(has(id));
}

TEST_F(WriterTest, TheLogIsFoldedIntoTheFileAndStaysBounded) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(codeOf(writer_->run(insert(std::to_string(i), 1'000'000))), "OK");
  EXPECT_LT(std::filesystem::file_size(file_ + "-wal"), 16u * 1024 * 1024);
}

}  // namespace
}  // namespace checkout::store::sqlite

// A disk that takes no more bytes, simulated by the process's limit on file sizes.
#include <atomic>
#include <latch>
#include <thread>

#include "contract/store_fixture.hpp"
#include "unit/store/file_size_limit.hpp"

namespace checkout::store {
namespace {

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    auto opened = openStore("sqlite:" + (directory_.path() / "s.db").string());
    ASSERT_EQ(codeOf(opened), "OK");
    store_ = *std::move(opened);
  }
  Result<void> insert(const std::string& id, std::size_t bytes) {
    return store_->write([&](Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(tx.inbox().insert(
          {kShop, id, "t", "cs", std::string(bytes, 'x'), InboxEvent::State::Parked, at(0)}));
      return {};
    });
  }
  bool has(const std::string& id) {
    const auto found = readFor<std::optional<InboxEvent>>(
        *store_, [&](Transaction& tx) { return tx.inbox().find(kShop, id); });
    EXPECT_EQ(codeOf(found), "OK");
    return found.ok() && found->has_value();
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

TEST_F(FullDisk, EveryCallerOfAFailedCommitIsToldAndNothingIsKept) {
  ASSERT_EQ(codeOf(insert("before", 10)), "OK");
  constexpr int kCallers = 16;
  std::atomic<int> unavailable = 0;
  {
    const FileSizeLimit full(0);
    std::latch start(kCallers);
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i)
      callers.emplace_back([&, i] {
        start.arrive_and_wait();
        unavailable += codeOf(insert("full_" + std::to_string(i), 1000)) == "SERVICE_UNAVAILABLE";
      });
    for (std::thread& caller : callers) caller.join();
    EXPECT_TRUE(has("before")) << "reading goes on";
  }
  EXPECT_EQ(unavailable, kCallers);
  EXPECT_EQ(codeOf(insert("after", 10)), "OK");

  store_.reset();
  open();
  EXPECT_TRUE(has("before"));
  EXPECT_TRUE(has("after"));
  for (int i = 0; i < kCallers; ++i) EXPECT_FALSE(has("full_" + std::to_string(i)));
}

// Larger than the page cache, so that pages are written, and fail, before the commit.
TEST_F(FullDisk, ABodyThatRunsOutOfSpaceHalfwayLeavesAStoreThatWorks) {
  {
    const FileSizeLimit full(1'000'000);
    const auto done = store_->write([&](Transaction& tx) -> Result<void> {
      for (int i = 0; i < 64; ++i)
        CHECKOUT_TRY(tx.inbox().insert({kShop, "big_" + std::to_string(i), "t", "cs",
                                        std::string(100'000, 'x'), InboxEvent::State::Parked, at(0)}));
      return {};
    });
    EXPECT_EQ(codeOf(done), "SERVICE_UNAVAILABLE");
  }
  EXPECT_EQ(codeOf(insert("after", 10)), "OK");
  EXPECT_TRUE(has("after"));
  EXPECT_FALSE(has("big_0"));
}

}  // namespace
}  // namespace checkout::store

// What a look from outside promises: it sees what is committed, whoever has the store open, and leaves no
// trace.
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/store_fixture.hpp"
#include "store/migrations.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace checkout::store {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ReadOnlyStoreTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open() { return openStore(url_); }
  static void put(Store& store, const std::string& id) {
    const Saga saga = makeSaga(id);
    ASSERT_EQ(codeOf(store.write([&](Transaction& tx) { return tx.sagas().insert(saga, makeEvent(saga)); })),
              "OK");
  }
  static bool has(Store& store, const std::string& id) {
    return valueOf(store, &Store::read, [&](Transaction& tx) { return tx.sagas().find(kShop, {id}); })
        .has_value();
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_.path()))
      names.insert(entry.path().filename().string());
    return names;
  }
  void runSql(const char* sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  void expectRefused(const std::string& code, const std::string& text) const {
    const auto opened = openStoreForReading(url_);
    ASSERT_EQ(codeOf(opened), code);
    EXPECT_THAT(opened.error().message, HasSubstr(text));
  }

  TemporaryDirectory directory_;
  const fs::path file_ = directory_.path() / "s.db";
  const std::string url_ = "sqlite:" + file_.string();
};

TEST_F(ReadOnlyStoreTest, SeesWhatTheOwnerOfTheFileCommitsMeanwhile) {
  const auto owner = open();
  put(**owner, "saga_1");
  const auto reader = openStoreForReading(url_);
  ASSERT_EQ(codeOf(reader), "OK");
  EXPECT_TRUE(has(**reader, "saga_1"));
  EXPECT_FALSE(has(**reader, "saga_2"));
  put(**owner, "saga_2");
  EXPECT_TRUE(has(**reader, "saga_2"));
}

TEST_F(ReadOnlyStoreTest, GoesOnReadingWhenTheOwnerGoesAndComesBack) {
  auto owner = open();
  put(**owner, "saga_1");
  const auto reader = openStoreForReading(url_);
  ASSERT_EQ(codeOf(reader), "OK");
  owner->reset();
  EXPECT_TRUE(has(**reader, "saga_1"));
  owner = open();
  put(**owner, "saga_2");
  EXPECT_TRUE(has(**reader, "saga_2"));
}

TEST_F(ReadOnlyStoreTest, LeavesNoFilesBesideAStoreThatNobodyHasOpen) {
  {
    const auto owner = open();
    put(**owner, "saga_1");
  }
  const auto before = files();
  const auto reader = openStoreForReading(url_);
  ASSERT_EQ(codeOf(reader), "OK");
  EXPECT_TRUE(has(**reader, "saga_1"));
  EXPECT_EQ(files(), before);
}

TEST_F(ReadOnlyStoreTest, SeesWhatAKilledOwnerCommitted) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto owner = open();
    put(**owner, "saga_1");
    if (::write(ready[1], "x", 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char written = 0;
  ASSERT_EQ(::read(ready[0], &written, 1), 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const auto before = files();
  const auto reader = openStoreForReading(url_);
  ASSERT_EQ(codeOf(reader), "OK");
  EXPECT_TRUE(has(**reader, "saga_1"));
  EXPECT_EQ(files(), before);
  EXPECT_EQ(codeOf(open()), "OK");
  close(ready[0]);
  close(ready[1]);
}

TEST_F(ReadOnlyStoreTest, DoesNotKeepTheOwnerFromStarting) {
  { const auto owner = open(); }
  const auto reader = openStoreForReading(url_);
  const auto owner = open();
  EXPECT_EQ(codeOf(owner), "OK");
}

TEST_F(ReadOnlyStoreTest, ChangesNothing) {
  const auto owner = open();
  const auto reader = openStoreForReading(url_);
  const Saga saga = makeSaga("saga_1");
  const auto insert = [&](Transaction& tx) { return tx.sagas().insert(saga, makeEvent(saga)); };
  EXPECT_EQ(codeOf((*reader)->write(insert)), "INTERNAL_ERROR");
  EXPECT_EQ(codeOf((*reader)->read(insert)), "INTERNAL_ERROR");
  EXPECT_FALSE(has(**owner, "saga_1"));
}

TEST_F(ReadOnlyStoreTest, FindsAFileWhosePathHasSignsOfAUrl) {
  const std::string url = "sqlite:" + (directory_.path() / "50%25 off?#1&x=y.db").string();
  {
    const auto owner = openStore(url);
    ASSERT_EQ(codeOf(owner), "OK");
    put(**owner, "saga_1");
  }
  const auto reader = openStoreForReading(url);
  ASSERT_EQ(codeOf(reader), "OK");
  EXPECT_TRUE(has(**reader, "saga_1"));
}

TEST_F(ReadOnlyStoreTest, DoesNotMakeAMissingStore) {
  expectRefused("SERVICE_UNAVAILABLE", "There is no store at");
  EXPECT_TRUE(files().empty());
}

TEST_F(ReadOnlyStoreTest, RefusesWhatIsNoStore) {
  runSql("CREATE TABLE bookmarks (url TEXT)");
  expectRefused("VALIDATION_FAILED", "not a store of this program");
  std::ofstream(file_) << std::string(5000, 'x');
  expectRefused("SERVICE_UNAVAILABLE", "damaged or not a SQLite database");
}

TEST_F(ReadOnlyStoreTest, RefusesAnotherReleasesSchema) {
  const auto all = embedded::storeMigrations();
  { const auto old = sqlite::openSqliteStore(file_.string(), all.first(all.size() - 1)); }
  expectRefused("VALIDATION_FAILED", "older than this program");
  { const auto current = open(); }
  EXPECT_EQ(codeOf(openStoreForReading(url_)), "OK");
  runSql("INSERT INTO schema_migrations VALUES (999, '0999_future', 'x', 0)");
  expectRefused("VALIDATION_FAILED", "newer than this program");
}

}  // namespace
}  // namespace checkout::store

// What the SQLite engine promises about its file: who may open it, how it is set up, what it refuses to
// touch.
#include <fstream>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/store_fixture.hpp"
#include "store/migrations.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace checkout::store {
namespace {

namespace fs = std::filesystem;

// Another program's hand on the file: runs SQL and answers the first column of its first row.
std::string rawSql(const fs::path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  std::string answer;
  char* message = nullptr;
  sqlite3_exec(
      database, sql.c_str(),
      [](void* out, int, char** values, char**) {
        auto& text = *static_cast<std::string*>(out);
        if (text.empty() && values[0] != nullptr) text = values[0];
        return 0;
      },
      &answer, &message);
  EXPECT_EQ(message, nullptr) << message;
  sqlite3_free(message);
  sqlite3_close(database);
  return answer;
}

class SqliteFile : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open() { return openStore("sqlite:" + file_.string()); }
  void create() { ASSERT_EQ(codeOf(open()), "OK"); }

  TemporaryDirectory directory_;
  const fs::path file_ = directory_.path() / "s.db";
};

TEST_F(SqliteFile, IsCreatedPrivateWithItsMissingDirectories) {
  const fs::path deep = directory_.path() / "a" / "b" / "s.db";
  const auto store = openStore("sqlite:" + deep.string());
  ASSERT_EQ(codeOf(store), "OK");
  for (const char* suffix : {"", "-wal", "-shm", ".lock"})
    EXPECT_EQ(fs::status(deep.string() + suffix).permissions(),
              fs::perms::owner_read | fs::perms::owner_write)
        << suffix;
  EXPECT_EQ(fs::status(deep.parent_path()).permissions(), fs::perms::owner_all);
}

TEST_F(SqliteFile, FilesBesideItThatOthersCanWriteAreRefused) {
  create();
  const fs::path log = file_.string() + "-wal";
  std::ofstream(log) << "";
  fs::permissions(log, fs::perms::owner_all | fs::perms::others_write);
  EXPECT_EQ(codeOf(open()), "SERVICE_UNAVAILABLE");
  fs::remove(log);
  fs::create_symlink(directory_.path() / "elsewhere", log);
  EXPECT_EQ(codeOf(open()), "SERVICE_UNAVAILABLE");
  fs::remove(log);
  EXPECT_EQ(codeOf(open()), "OK");
}

TEST_F(SqliteFile, IsNotMadeAnewBesideTheLogOfOneThatWasMovedAway) {
  create();
  fs::remove(file_);
  const fs::path log = file_.string() + "-wal";
  std::ofstream(log) << "what was committed";
  fs::permissions(log, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(codeOf(open()), "SERVICE_UNAVAILABLE");
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_EQ(fs::file_size(log), 18u);
}

TEST_F(SqliteFile, IsNotReadyWithoutItsLock) {
  const auto store = *open();
  EXPECT_TRUE(store->ping().ok());
  fs::remove(file_.string() + ".lock");
  EXPECT_EQ(codeOf(store->ping()), "SERVICE_UNAVAILABLE");
}

TEST_F(SqliteFile, IsNotReadyOnceItWasMovedAwayOrReplaced) {
  const auto store = *open();
  EXPECT_TRUE(store->ping().ok());
  fs::rename(file_, directory_.path() / "away.db");
  EXPECT_EQ(codeOf(store->ping()), "SERVICE_UNAVAILABLE");
  std::ofstream(file_) << "another";
  EXPECT_EQ(codeOf(store->ping()), "SERVICE_UNAVAILABLE");
  fs::rename(directory_.path() / "away.db", file_);
  EXPECT_TRUE(store->ping().ok());
}

TEST_F(SqliteFile, BelongsToOneStoreUntilThatCloses) {
  auto first = open();
  ASSERT_EQ(codeOf(first), "OK");
  const auto second = open();
  ASSERT_EQ(codeOf(second), "SERVICE_UNAVAILABLE");
  EXPECT_NE(second.error().message.find(fs::canonical(file_).string() + ".lock"), std::string::npos);
  EXPECT_NE(second.error().message.find("--store"), std::string::npos);
  first->reset();
  EXPECT_EQ(codeOf(open()), "OK");
}

TEST_F(SqliteFile, IsNotLockedThroughALink) {
  const fs::path elsewhere = directory_.path() / "somebody.lock";
  fs::create_symlink(elsewhere, file_.string() + ".lock");
  EXPECT_EQ(codeOf(open()), "SERVICE_UNAVAILABLE");
  EXPECT_FALSE(fs::exists(elsewhere));
}

TEST_F(SqliteFile, IsLockedUnderEveryNameItHas) {
  const auto first = open();
  ASSERT_EQ(codeOf(first), "OK");
  fs::create_symlink(file_, directory_.path() / "other.db");
  EXPECT_EQ(codeOf(openStore("sqlite:" + (directory_.path() / "other.db").string())), "SERVICE_UNAVAILABLE");
  EXPECT_EQ(codeOf(openStore("sqlite:" + (directory_.path() / "." / "s.db").string())),
            "SERVICE_UNAVAILABLE");
}

TEST_F(SqliteFile, IsLockedThroughALinkThatWasThereBeforeIt) {
  const fs::path link = directory_.path() / "link.db";
  fs::create_symlink(file_, link);
  const auto first = openStore("sqlite:" + link.string());
  ASSERT_EQ(codeOf(first), "OK");
  EXPECT_EQ(codeOf(openStore("sqlite:" + link.string())), "SERVICE_UNAVAILABLE");
  EXPECT_EQ(codeOf(open()), "SERVICE_UNAVAILABLE");
}

TEST_F(SqliteFile, IsNotOpenedUnderTwoNamesOrIfOthersCanWriteIntoIt) {
  create();
  const fs::path other = directory_.path() / "other.db";
  fs::create_hard_link(file_, other);
  EXPECT_EQ(codeOf(open()), "SERVICE_UNAVAILABLE");
  fs::remove(other);
  fs::permissions(file_, fs::perms::others_write, fs::perm_options::add);
  const auto writable = open();
  ASSERT_EQ(codeOf(writable), "SERVICE_UNAVAILABLE");
  EXPECT_NE(writable.error().message.find("chmod 600"), std::string::npos);
  fs::permissions(file_, fs::perms::others_write, fs::perm_options::remove);
  EXPECT_EQ(codeOf(open()), "OK");
}

TEST_F(SqliteFile, BelongsToOneProcessAndIsFreeWhenThatWasKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto store = open();
    const char outcome = store.ok() ? 'y' : 'n';
    if (::write(ready[1], &outcome, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char outcome = 0;
  ASSERT_EQ(::read(ready[0], &outcome, 1), 1);
  EXPECT_EQ(outcome, 'y');
  EXPECT_EQ(codeOf(open()), "SERVICE_UNAVAILABLE");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(codeOf(open()), "OK");
  close(ready[0]);
  close(ready[1]);
}

TEST_F(SqliteFile, IsWrittenAheadWithEveryCommitOnDisk) {
  create();
  const auto writer = sqlite::Connection::open(file_.string(), sqlite::Connection::Role::Writer);
  const auto reader = sqlite::Connection::open(file_.string(), sqlite::Connection::Role::Reader);
  ASSERT_EQ(codeOf(writer), "OK");
  ASSERT_EQ(codeOf(reader), "OK");
  const auto setting = [](sqlite::Connection& connection, const char* pragma) {
    const auto value = sql::queryOne<std::string>(
        connection, pragma, {},
        [](const sql::Row& row) -> Result<std::string> { return std::string(row.text(0)); });
    return value.ok() ? value->value_or("none") : codeOf(value);
  };
  EXPECT_EQ(setting(**writer, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(setting(**writer, "PRAGMA synchronous"), "2");
  EXPECT_EQ(setting(**writer, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(setting(**reader, "PRAGMA query_only"), "1");
  EXPECT_EQ(codeOf((*reader)->execute("DELETE FROM carts WHERE tenant_id = ?", {"shop"})), "INTERNAL_ERROR");
}

TEST_F(SqliteFile, ChecksWhatTheTablesHoldEvenAgainstUs) {
  create();
  const auto opened = sqlite::Connection::open(file_.string(), sqlite::Connection::Role::Writer);
  ASSERT_EQ(codeOf(opened), "OK");
  sqlite::Connection& connection = **opened;
  for (const char* wrong : {
           "INSERT INTO stock (tenant_id, product_id, initial, reserved, sold) VALUES ('t', 'p', 1, 1, 1)",
           "INSERT INTO stock (tenant_id, product_id, initial, reserved) VALUES ('t', 'p', 1, -1)",
           "INSERT INTO stock (tenant_id, product_id, initial) VALUES ('t', 'p', 'many')",
           "INSERT INTO cart_items (tenant_id, cart_id, position, product_id, quantity) VALUES ('t', 'c', 0, "
           "'p', 1)",
           "INSERT INTO inbox_events VALUES ('t', 'e', 'y', 'o', '{}', 'lost', 0)",
           "INSERT INTO sagas (tenant_id, saga_id, user_id, cart_id, seq, status, version, created_at, "
           "updated_at, doc)"
           " VALUES ('t', 's', 'u', 'c', 1, 'happy', 1, 0, 0, '{}')",
       })
    EXPECT_EQ(codeOf(connection.execute(wrong, {})), "INTERNAL_ERROR") << wrong;
}

TEST_F(SqliteFile, RemembersItsMigrationsAndAppliesThemOnce) {
  create();
  create();
  EXPECT_EQ(rawSql(file_, "SELECT count(*) FROM schema_migrations"),
            std::to_string(embedded::storeMigrations().size()));
  EXPECT_EQ(rawSql(file_, "SELECT name FROM schema_migrations WHERE version = 1"), "0001_initial");
}

// Each release can be the one that a store comes from.
TEST_F(SqliteFile, OfAnEarlierReleaseIsBroughtUpToDateWithItsData) {
  const auto all = embedded::storeMigrations();
  const Saga saga = makeSaga("saga_1");
  for (std::size_t known = 1; known < all.size(); ++known) {
    const fs::path file = directory_.path() / ("made_by_" + std::to_string(known) + ".db");
    {
      const auto old = sqlite::openSqliteStore(file.string(), all.first(known));
      ASSERT_EQ(codeOf(old), "OK");
      EXPECT_EQ(codeOf((*old)->write([&](Transaction& tx) -> Result<void> {
                  CHECKOUT_TRY(tx.sagas().insert(saga, makeEvent(saga)));
                  CHECKOUT_TRY(tx.timers().set({kShop, saga.id, TimerKind::Resume, at(7)}));
                  return tx.sagas().linkPayment(kShop, "pi_1", saga.id);
                })),
                "OK");
    }
    const auto opened = openStore("sqlite:" + file.string());
    ASSERT_EQ(codeOf(opened), "OK");
    Store& store = **opened;
    const auto found =
        valueOf(store, &Store::read, [&](Transaction& tx) { return tx.sagas().find(kShop, saga.id); });
    ASSERT_TRUE(found);
    EXPECT_EQ(sagaToDocument(*found), sagaToDocument(saga));
    const auto events =
        valueOf(store, &Store::read, [&](Transaction& tx) { return tx.sagas().events(kShop, saga.id); });
    EXPECT_EQ(events.size(), 1u);
    EXPECT_EQ(valueOf(store, &Store::read,
                      [&](Transaction& tx) { return tx.sagas().findByPayment(kShop, "pi_1"); }),
              saga.id);
    EXPECT_EQ(valueOf(store, &Store::read, [](Transaction& tx) { return tx.timers().next(); }), at(7));
    // What the later migrations made works on what was there before.
    EXPECT_TRUE(valueOf(store, &Store::write, [&](Transaction& tx) {
      return tx.ledger().putRefund(
          {kShop, "re_1", saga.id, "pi_1", {100, {"usd"}}, "succeeded", at(8), at(8)});
    }));
    EXPECT_EQ(rawSql(file, "SELECT group_concat(version) FROM schema_migrations WHERE version <= 2"), "1,2");
  }
}

// Until migration 4 a missing answer was a flag of the payment, and the call stood in its table alone.
TEST_F(SqliteFile, OfAnEarlierReleaseKnowsWhichCallsHaveNoOutcome) {
  {
    const auto old = sqlite::openSqliteStore(file_.string(), embedded::storeMigrations().first(3));
    ASSERT_EQ(codeOf(old), "OK");
    for (const char* id : {"saga_unknown", "saga_settled"}) {
      const Saga saga = makeSaga(id);
      ASSERT_EQ(codeOf((*old)->write([&](Transaction& tx) -> Result<void> {
                  CHECKOUT_TRY(tx.sagas().insert(saga, makeEvent(saga)));
                  GatewayCall call{GatewayOperation::CreateIntent, "/v1/payment_intents", "", "d",
                                   std::string("key_") + id};
                  return tx.calls().begin({kShop, saga.id, StepName::ProcessPayment, 1, call,
                                           CallRecord::State::Started, "", at(5), at(5)});
                })),
                "OK");
    }
  }
  rawSql(file_, "UPDATE calls SET state = 'unknown'");
  rawSql(file_,
         "UPDATE sagas SET doc = json_set(doc, '$.payment.outcomeUnknown', json('true'))"
         " WHERE saga_id = 'saga_unknown'");
  const auto opened = open();
  ASSERT_EQ(codeOf(opened), "OK");
  const auto saga = [&](const char* id) {
    return *valueOf(**opened, &Store::read,
                    [&](Transaction& tx) { return tx.sagas().find(kShop, SagaId{id}); });
  };
  ASSERT_TRUE(saga("saga_unknown").call);
  EXPECT_EQ(saga("saga_unknown").call->idempotencyKey, "key_saga_unknown");
  EXPECT_EQ(saga("saga_unknown").call->operation, GatewayOperation::CreateIntent);
  EXPECT_EQ(saga("saga_unknown").call->plannedAt, at(5));
  EXPECT_EQ(saga("saga_unknown").call->unanswered, 1);
  EXPECT_FALSE(saga("saga_settled").call) << "an event has settled it";
}

// Until migration 3 the configured number was all that would ever be sold.
TEST_F(SqliteFile, OfAnEarlierReleaseKeepsTheStockThatItHas) {
  { ASSERT_EQ(codeOf(sqlite::openSqliteStore(file_.string(), embedded::storeMigrations().first(2))), "OK"); }
  rawSql(file_,
         "INSERT INTO stock (tenant_id, product_id, initial, reserved, sold)"
         " VALUES ('shop', 'mug', 10, 1, 6)");
  const auto opened = open();
  ASSERT_EQ(codeOf(opened), "OK");
  const auto declared = [&](std::int64_t configured) {
    return valueOf(**opened, &Store::write, [&](Transaction& tx) -> Result<std::int64_t> {
      CHECKOUT_TRY(tx.stock().declare(kShop, ProductId{"mug"}, configured));
      CHECKOUT_ASSIGN(level, tx.stock().find(kShop, ProductId{"mug"}));
      return level->free();
    });
  };
  EXPECT_EQ(declared(10), 3) << "the number that it was made with says nothing new";
  EXPECT_EQ(declared(5), 4) << "another one is what is on the shelf";
}

TEST_F(SqliteFile, IsRefusedIfAnAppliedMigrationDiffersFromOurs) {
  create();
  rawSql(file_, "UPDATE schema_migrations SET checksum = 'other' WHERE version = 1");
  const auto opened = open();
  ASSERT_EQ(codeOf(opened), "VALIDATION_FAILED");
  EXPECT_NE(opened.error().message.find("0001_initial"), std::string::npos);
}

TEST_F(SqliteFile, IsRefusedIfANewerProgramMadeIt) {
  create();
  rawSql(file_, "INSERT INTO schema_migrations VALUES (999, '0999_future', 'x', 0)");
  const auto opened = open();
  ASSERT_EQ(codeOf(opened), "VALIDATION_FAILED");
  EXPECT_NE(opened.error().message.find("newer than this program"), std::string::npos);
  EXPECT_NE(opened.error().message.find("0999_future"), std::string::npos);
}

TEST_F(SqliteFile, OfAnotherProgramIsLeftAsItIs) {
  rawSql(file_, "CREATE TABLE bookmarks (url TEXT)");
  EXPECT_EQ(codeOf(open()), "VALIDATION_FAILED");
  EXPECT_EQ(rawSql(file_, "PRAGMA journal_mode"), "delete");
  EXPECT_EQ(rawSql(file_, "SELECT count(*) FROM sqlite_master"), "1");
}

TEST_F(SqliteFile, ThatIsNoDatabaseIsLeftAsItIs) {
  const std::string text(5000, 'x');
  std::ofstream(file_) << text;
  const auto opened = open();
  EXPECT_EQ(codeOf(opened), "SERVICE_UNAVAILABLE");
  std::ifstream in(file_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text);
}

TEST_F(SqliteFile, InAnImpossiblePlaceSaysWhere) {
  std::ofstream(directory_.path() / "file") << "x";
  const auto opened = openStore("sqlite:" + (directory_.path() / "file" / "s.db").string());
  ASSERT_EQ(codeOf(opened), "SERVICE_UNAVAILABLE");
  EXPECT_NE(opened.error().message.find((directory_.path() / "file").string()), std::string::npos);
}

TEST(StoreUrl, OtherThanAFileOfSqliteNamesTheAcceptedForm) {
  for (const char* url :
       {"", "sqlite", "sqlite:", "sqlite::memory:", "sqlite:dir/", "sqlite://host", "mysql:x", "/tmp/x"}) {
    const auto opened = openStore(url);
    ASSERT_EQ(codeOf(opened), "VALIDATION_FAILED") << url;
    EXPECT_NE(opened.error().message.find("sqlite:PATH"), std::string::npos) << url;
  }
}

TEST(StoreUrl, OfPostgresSaysThatItIsNotThereYetAndKeepsThePasswordToItself) {
  for (const char* url : {"postgresql://user:hunter2@db/shop", "postgres://user:hunter2@db/shop"}) {
    const auto opened = openStore(url);
    ASSERT_EQ(codeOf(opened), "VALIDATION_FAILED");
    EXPECT_NE(opened.error().message.find("PostgreSQL"), std::string::npos);
    EXPECT_NE(opened.error().message.find("sqlite:PATH"), std::string::npos);
    EXPECT_EQ(opened.error().message.find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace checkout::store

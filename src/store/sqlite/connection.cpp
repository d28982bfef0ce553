#include "store/sqlite/connection.hpp"

#include <sqlite3.h>

#include "base/log.hpp"

namespace checkout::store::sqlite {
namespace {

constexpr int kBusyTimeoutMillis = 5000;      // for a tool of the operator that looks into the file
constexpr int kCheckpointTimeoutMillis = 50;  // writers wait meanwhile

class SqliteRow final : public sql::Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

// Leaves a cached statement ready for its next use, whatever happened in between.
class StatementUse {
 public:
  explicit StatementUse(sqlite3_stmt* statement) : statement_(statement) {}
  ~StatementUse() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;

 private:
  sqlite3_stmt* statement_;
};

struct Bind {
  sqlite3_stmt* statement;
  int index;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(std::string_view value) const {
    // An empty view may have no address, and SQLite takes that for NULL.
    const char* bytes = value.empty() ? "" : value.data();
    return sqlite3_bind_text64(statement, index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
};

}  // namespace

void Connection::CloseDatabase::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}
void Connection::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Connection::~Connection() = default;

namespace {

std::string immutableUri(const std::string& path) {
  std::string uri("file:");
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#')
      uri.append(c == '%' ? "%25" : c == '?' ? "%3f" : "%23");
    else
      uri += c;
  }
  return uri.append("?immutable=1");
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Role role) {
  sqlite3* raw = nullptr;
  const bool isSnapshot = role == Role::Snapshot;
  // SQLite can't read a file whose last transaction it has to roll back first and may not.
  const bool mayWrite = role == Role::Writer || role == Role::Visitor;
  const int flags = (mayWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
                    (isSnapshot ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_NOMUTEX;
  const std::string name = isSnapshot ? immutableUri(path) : path;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  // SQLite hands out a connection even where it fails, so that its message can be read.
  std::unique_ptr<Connection> connection(new Connection(raw, role));
  if (code != SQLITE_OK) return connection->failure("open");
  CHECKOUT_TRY(connection->configure());
  return connection;
}

Result<void> Connection::configure() {
  sqlite3* database = database_.get();
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kBusyTimeoutMillis);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  CHECKOUT_TRY(runScript("PRAGMA trusted_schema = OFF"));

  if (role_ != Role::Writer) {
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    CHECKOUT_TRY(runScript("PRAGMA query_only = ON"));
    return expectSetting("PRAGMA query_only", "1");
  }
  CHECKOUT_TRY(
      runScript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                "PRAGMA journal_size_limit = 67108864"));
  CHECKOUT_TRY(expectSetting("PRAGMA journal_mode", "wal"));
  CHECKOUT_TRY(expectSetting("PRAGMA synchronous", "2"));
  CHECKOUT_TRY(expectSetting("PRAGMA foreign_keys", "1"));
  // Replaces the automatic checkpoint inside COMMIT: the writer makes one when no caller waits for it.
  sqlite3_wal_hook(
      database,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->walPages_ = pages;
        return SQLITE_OK;
      },
      this);
  return {};
}

Result<void> Connection::expectSetting(std::string_view pragma, std::string_view wanted) {
  std::string actual;
  CHECKOUT_TRY(query(pragma, {}, [&](const sql::Row& row) -> Result<void> {
    actual = row.text(0);
    return {};
  }));
  if (actual == wanted) return {};
  return Error(ErrorCode::ServiceUnavailable,
               "The store's file can't be used safely: " + std::string(pragma) + " is " + actual +
                   " instead of " + std::string(wanted) + ". Put it on a local disk.");
}

Result<sqlite3_stmt*> Connection::prepared(std::string_view sql) {
  if (const auto cached = statements_.find(sql); cached != statements_.end()) return cached->second.get();
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return failure(sql);
  statements_.emplace(sql, StatementPtr(raw));
  return raw;
}

Result<void> Connection::runStatement(std::string_view sql, sql::Params params,
                                      const sql::RowHandler* onRow) {
  CHECKOUT_ASSIGN(statement, prepared(sql));
  const StatementUse use(statement);
  int index = 0;
  for (const sql::Param& param : params)
    if (std::visit(Bind{statement, ++index}, param) != SQLITE_OK) return failure(sql);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return failure(sql);
    if (onRow != nullptr) CHECKOUT_TRY((*onRow)(SqliteRow(statement)));
  }
}

Result<std::int64_t> Connection::execute(std::string_view sql, sql::Params params) {
  CHECKOUT_TRY(runStatement(sql, params, nullptr));
  return std::int64_t{sqlite3_changes64(database_.get())};
}

Result<void> Connection::query(std::string_view sql, sql::Params params, const sql::RowHandler& onRow) {
  return runStatement(sql, params, &onRow);
}

Result<void> Connection::runScript(const std::string& script) {
  if (sqlite3_exec(database_.get(), script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return failure(script);
  return {};
}

bool Connection::inTransaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

void Connection::checkpoint(bool restart) {
  const int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_busy_timeout(database_.get(), kCheckpointTimeoutMillis);
  // A checkpoint that fails loses nothing: the log keeps the pages, and the next one moves them.
  if (sqlite3_wal_checkpoint_v2(database_.get(), nullptr, mode, nullptr, nullptr) != SQLITE_OK)
    log::warn("store checkpoint postponed", {{"sqlite", sqlite3_errmsg(database_.get())}});
  sqlite3_busy_timeout(database_.get(), kBusyTimeoutMillis);
}

Error Connection::failure(std::string_view sql) const {
  const int code = database_ ? sqlite3_errcode(database_.get()) & 0xff : SQLITE_NOMEM;
  const char* message = database_ ? sqlite3_errmsg(database_.get()) : "out of memory";
  log::error("store statement failed", {{"sqlite", message}, {"sql", std::string(sql.substr(0, 200))}});
  switch (code) {
    case SQLITE_FULL:
      return {ErrorCode::ServiceUnavailable,
              "The store's disk is full; nothing was changed. Try again later."};
    case SQLITE_READONLY:
      if (role_ != Role::Writer)
        return {ErrorCode::Internal, "A change was tried where only reading is allowed."};
      [[fallthrough]];
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
      return {ErrorCode::ServiceUnavailable,
              "The store can't be used at the moment; nothing was changed. Try again "
              "later."};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {ErrorCode::ServiceUnavailable, "The store's file is damaged or not a SQLite database."};
    default:
      return {ErrorCode::Internal, "The store refused a statement."};
  }
}

}  // namespace checkout::store::sqlite

// One SQLite connection with its prepared statements, as the SqlSession of the repositories.
// Owned and used by one thread at a time. SQLite's messages go to the log; callers get an Error that says
// whether to try again (ServiceUnavailable: disk full, I/O error, busy) or that we are wrong (Internal).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/sql/session.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace checkout::store::sqlite {

class Connection final : public sql::SqlSession {
 public:
  enum class Role {
    Writer,  // the only connection of the file that changes it and checkpoints
    Reader,
    // Reads a file that may be another program's. It changes nothing, but undoes what a crash left half done.
    Visitor,
    // A reader of a file that nobody has open. Takes no lock and makes no file beside it, and so sees neither
    // the write-ahead log nor that the file is being changed.
    Snapshot,
  };
  // The file must exist. Settings are made and read back; one that didn't take is an error.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Role role);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<std::int64_t> execute(std::string_view sql, sql::Params params) override;
  Result<void> query(std::string_view sql, sql::Params params, const sql::RowHandler& onRow) override;
  Result<void> runScript(const std::string& script) override;

  // False after BEGIN only if SQLite rolled everything back by itself, as it does on a full disk.
  bool inTransaction() const;
  // Pages in the write-ahead log after the last commit.
  int walPages() const { return walPages_; }
  // Moves what it can into the database file; with `restart` also waits for readers, so that the log starts
  // anew.
  void checkpoint(bool restart);

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using StatementPtr = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

  Connection(sqlite3* database, Role role) : role_(role), database_(database) {}
  Result<void> configure();
  Result<void> expectSetting(std::string_view pragma, std::string_view wanted);
  Result<sqlite3_stmt*> prepared(std::string_view sql);
  // Binds, steps to the end and resets.
  Result<void> runStatement(std::string_view sql, sql::Params params, const sql::RowHandler* onRow);
  Error failure(std::string_view sql) const;

  const Role role_;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::unordered_map<std::string, StatementPtr, TextHash, std::equal_to<>>
      statements_;  // before database_ closes
  int walPages_ = 0;
};

}  // namespace checkout::store::sqlite

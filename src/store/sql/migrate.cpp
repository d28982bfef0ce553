#include "store/sql/migrate.hpp"

#include <charconv>
#include <string>

#include "base/digest.hpp"
#include "base/log.hpp"

namespace checkout::store::sql {
namespace {

struct Applied {
  std::int64_t version = 0;
  std::string name, checksum;
};

void replaceAll(std::string& text, std::string_view word, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += by.size())
    text.replace(at, word.size(), by);
}

std::string expand(std::string_view script, const Dialect& dialect) {
  std::string text(script);
  replaceAll(text, "@BIGINT", dialect.bigint);
  replaceAll(text, "@NARROW_TABLE", dialect.narrowTable);
  replaceAll(text, "@TABLE", dialect.table);
  return text;
}

// "0001_initial" → 1.
std::int64_t versionOf(std::string_view name) {
  std::int64_t version = 0;
  std::from_chars(name.data(), name.data() + name.size(), version);
  return version;
}

Result<void> check(const Applied& applied, std::span<const EmbeddedFile> migrations) {
  for (const EmbeddedFile& known : migrations) {
    if (versionOf(known.name) != applied.version) continue;
    if (sha256Hex(known.text) == applied.checksum) return {};
    return Error(ErrorCode::ValidationFailed,
                 "The store was made with another version of migration " + applied.name +
                     " than this program has. Use the program that made it, or another store.");
  }
  return Error(ErrorCode::ValidationFailed,
               "The store is newer than this program: it has migration " + applied.name +
                   ", which this program doesn't know. Update the program, or use another store.");
}

Result<std::vector<Applied>> readHistory(SqlSession& session) {
  return queryAll<Applied>(
      session, "SELECT version, name, checksum FROM schema_migrations ORDER BY version", {},
      [](const Row& row) -> Result<Applied> {
        return Applied{row.integer(0), std::string(row.text(1)), std::string(row.text(2))};
      });
}

Result<void> applyMissing(SqlSession& session, std::span<const EmbeddedFile> migrations,
                          const Dialect& dialect, TimePoint now) {
  CHECKOUT_TRY(
      session.runScript(expand("CREATE TABLE IF NOT EXISTS schema_migrations (version @BIGINT PRIMARY KEY,"
                               " name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at @BIGINT NOT NULL)"
                               " @TABLE;",
                               dialect)));
  CHECKOUT_ASSIGN(history, readHistory(session));
  for (const Applied& applied : history) CHECKOUT_TRY(check(applied, migrations));

  const std::int64_t current = history.empty() ? 0 : history.back().version;
  for (const EmbeddedFile& migration : migrations) {
    if (versionOf(migration.name) <= current) continue;
    CHECKOUT_TRY(session.runScript(expand(migration.text, dialect)));
    CHECKOUT_TRY(run(
        session, "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
        {versionOf(migration.name), migration.name, sha256Hex(migration.text), toUnixMillis(now)}));
    log::debug("store migrated", {{"migration", std::string(migration.name)}});
  }
  return {};
}

}  // namespace

Result<void> migrate(SqlSession& session, std::span<const EmbeddedFile> migrations, const Dialect& dialect,
                     TimePoint now) {
  CHECKOUT_TRY(session.runScript("BEGIN"));
  if (auto applied = applyMissing(session, migrations, dialect, now); !applied.ok()) {
    // The first error is the one to report; a rollback that fails too leaves nothing behind either.
    (void)session.runScript("ROLLBACK");
    return applied;
  }
  return session.runScript("COMMIT");
}

Result<void> expectMigrated(SqlSession& session, std::span<const EmbeddedFile> migrations) {
  CHECKOUT_ASSIGN(ours, queryOne<bool>(session,
                                       "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = "
                                       "'schema_migrations'",
                                       {}, [](const Row&) -> Result<bool> { return true; }));
  if (!ours) return Error(ErrorCode::ValidationFailed, "This file is not a store of this program.");
  CHECKOUT_ASSIGN(history, readHistory(session));
  for (const Applied& applied : history) CHECKOUT_TRY(check(applied, migrations));
  const std::int64_t current = history.empty() ? 0 : history.back().version;
  if (migrations.empty() || versionOf(migrations.back().name) <= current) return {};
  return Error(ErrorCode::ValidationFailed,
               "The store is older than this program: it lacks migration " +
                   std::string(migrations.back().name) +
                   ". Start the server of this release on it once, which brings it up to date.");
}

}  // namespace checkout::store::sql

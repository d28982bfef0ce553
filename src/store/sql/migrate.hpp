// Brings a database to the schema of this build.
#pragma once

#include <span>
#include <string_view>

#include <checkout/clock.hpp>

#include "base/embedded.hpp"
#include "store/sql/session.hpp"

namespace checkout::store::sql {

// How an engine spells what the migrations leave open.
struct Dialect {
  std::string_view bigint;       // @BIGINT: the 64-bit integer type
  std::string_view table;        // @TABLE: options after a table's definition
  std::string_view narrowTable;  // @NARROW_TABLE: the same for short rows that are found by their key
};

// Applies what `migrations` (sorted by number) has beyond the database, all in one transaction of its own.
// ValidationFailed, and no change, if an applied migration differs from this build's or the database has one
// that this build doesn't know.
Result<void> migrate(SqlSession& session, std::span<const EmbeddedFile> migrations, const Dialect& dialect,
                     TimePoint now);

// For whoever only reads: ValidationFailed unless the database is one of this program's, and has exactly the
// migrations of this build.
Result<void> expectMigrated(SqlSession& session, std::span<const EmbeddedFile> migrations);

}  // namespace checkout::store::sql

#include "store/open_store.hpp"

#include "store/migrations.hpp"
#include "store/sqlite/read_only_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace checkout::store {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

// Doesn't repeat the URL, which may hold a password.
Error unusableUrl() {
  return {ErrorCode::ValidationFailed,
          "The store is named as sqlite:PATH, for example sqlite:/var/lib/checkout-mcp/checkout.db."};
}

Result<std::string> pathOf(const std::string& url) {
  if (url.rfind("postgresql:", 0) == 0 || url.rfind("postgres:", 0) == 0)
    return Error(ErrorCode::ValidationFailed, "PostgreSQL is not in this release yet. Use sqlite:PATH.");
  if (url.rfind(kSqlite, 0) != 0) return unusableUrl();
  const std::string path = url.substr(kSqlite.size());
  // ":memory:" would lose what it confirmed, and sqlite://NAME would mean a file in the root directory.
  const bool hostForm = path.rfind("//", 0) == 0 && path.rfind("///", 0) != 0;
  if (path.empty() || path.front() == ':' || path.back() == '/' || hostForm) return unusableUrl();
  return path;
}

}  // namespace

Result<std::unique_ptr<Store>> openStore(const std::string& url) {
  CHECKOUT_ASSIGN(path, pathOf(url));
  return sqlite::openSqliteStore(path, embedded::storeMigrations());
}

Result<std::unique_ptr<Store>> openStoreForReading(const std::string& url) {
  CHECKOUT_ASSIGN(path, pathOf(url));
  return sqlite::openSqliteStoreForReading(path, embedded::storeMigrations());
}

Result<std::string> fileOfStore(const std::string& url) {
  CHECKOUT_ASSIGN(path, pathOf(url));
  return sqlite::realPath(path);
}

}  // namespace checkout::store

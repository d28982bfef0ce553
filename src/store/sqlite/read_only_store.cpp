#include "store/sqlite/read_only_store.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "store/sql/migrate.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/reader_pool.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace checkout::store::sqlite {
namespace {

namespace fs = std::filesystem;

// A file that changes each time it is looked at is being written to, and then has a log to read it by.
constexpr int kTries = 5;

Error unreadable(const std::string& path, const std::string& why) {
  return {ErrorCode::ServiceUnavailable, "Can't read the store " + path + ": " + why};
}

struct FileState {
  timespec changedAt{};
  off_t size = -1;  // -1: there is none
  bool operator==(const FileState& other) const {
    return changedAt.tv_sec == other.changedAt.tv_sec && changedAt.tv_nsec == other.changedAt.tv_nsec &&
           size == other.size;
  }
};

FileState stateOf(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim, found.st_size};
}

// Each read has a connection of its own, since who has the file open may change in between.
class ReadOnlyStore final : public Store {
 public:
  ReadOnlyStore(std::string path, std::span<const EmbeddedFile> migrations)
      : path_(std::move(path)), migrations_(migrations) {}

  Result<void> write(const Body&) override {
    return Error(ErrorCode::Internal, "This store was opened for reading only.");
  }

  Result<void> read(const Body& body) override {
    for (int tries = 0; tries < kTries; ++tries) {
      // With something in its log, the file is open in another process, or one was killed: SQLite's locks and
      // the log are needed to read it. Otherwise all is in the file, and a connection as usual would make
      // files beside it that the next server may have no right to use.
      if (stateOf(path_ + "-wal").size > 0) return readWith(Connection::Role::Reader, body);
      const FileState before = stateOf(path_);
      auto outcome = readWith(Connection::Role::Snapshot, body);
      if (stateOf(path_) == before) return outcome;
    }
    return unreadable(path_, "it keeps changing. Try again in a moment.");
  }

  Result<void> ping() override {
    return read([](Transaction&) -> Result<void> { return {}; });
  }

 private:
  Result<void> readWith(Connection::Role role, const Body& body) {
    auto opened = open(role);
    if (!opened.ok()) return std::move(opened).error();
    std::vector<std::unique_ptr<Connection>> one;
    one.push_back(std::move(*opened));
    return ReaderPool(std::move(one)).read(body);
  }

  Result<std::unique_ptr<Connection>> open(Connection::Role role) {
    auto connection = Connection::open(path_, role);
    Result<void> checked =
        connection.ok() ? sql::expectMigrated(**connection, migrations_) : Result<void>(connection.error());
    if (checked.ok()) return connection;
    if (checked.error().code == ErrorCode::ValidationFailed) return std::move(checked).error();
    const bool mayWriteBeside = ::access(fs::path(path_).parent_path().c_str(), W_OK) == 0;
    if (role == Connection::Role::Snapshot || mayWriteBeside)
      return unreadable(path_, checked.error().message);
    return unreadable(
        path_,
        "its last changes are still in its log, which takes the right to write in its directory "
        "to read. Run this as the user who runs the server.");
  }

  const std::string path_;
  const std::span<const EmbeddedFile> migrations_;
};

}  // namespace

Result<std::unique_ptr<Store>> openSqliteStoreForReading(const std::string& given,
                                                         std::span<const EmbeddedFile> migrations) {
  CHECKOUT_ASSIGN(path, realPath(given));
  std::error_code failed;
  if (!fs::exists(path, failed) && !failed)
    return Error(ErrorCode::ServiceUnavailable,
                 "There is no store at " + path + ". Name the server's with --store sqlite:PATH.");
  if (::access(path.c_str(), R_OK) != 0)
    return unreadable(path,
                      std::string(std::strerror(errno)) + ". Run this as the user who runs the server.");
  auto store = std::make_unique<ReadOnlyStore>(path, migrations);
  CHECKOUT_TRY(store->ping());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace checkout::store::sqlite

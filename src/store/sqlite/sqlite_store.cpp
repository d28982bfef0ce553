#include "store/sqlite/sqlite_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <checkout/clock.hpp>

#include "base/descriptor.hpp"
#include "store/sql/migrate.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/file_lock.hpp"
#include "store/sqlite/reader_pool.hpp"
#include "store/sqlite/writer.hpp"

namespace checkout::store::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr sql::Dialect kDialect{
    .bigint = "INTEGER", .table = "STRICT", .narrowTable = "STRICT, WITHOUT ROWID"};

Error unusable(const std::string& path, const std::string& why) {
  return {ErrorCode::ServiceUnavailable, "Can't use the store " + path + ": " + why +
                                             ". Check its directory, or choose another with --store."};
}

struct StoreFile {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(StoreFile file, FileLock lock, std::unique_ptr<Connection> writer,
              std::vector<std::unique_ptr<Connection>> readers)
      : file_(std::move(file)),
        lock_(std::move(lock)),
        writer_(std::move(writer)),
        readers_(std::move(readers)) {}

  Result<void> write(const Body& body) override { return writer_.run(body); }
  Result<void> read(const Body& body) override { return readers_.read(body); }
  Result<void> ping() override {
    struct stat now {};
    if (::stat(file_.path.c_str(), &now) != 0 || now.st_dev != file_.device || now.st_ino != file_.inode)
      return unusable(file_.path,
                      "the file that was opened is not there any more, and what is written to it "
                      "would be lost. Stop this process and put the file back");
    if (!lock_.isInPlace(file_.path + ".lock"))
      return unusable(file_.path,
                      "its lock file was removed, so that another process may have it open, too. "
                      "Restart this process, and leave " +
                          file_.path + ".lock alone");
    return readers_.read([](Transaction& tx) -> Result<void> {
      CHECKOUT_TRY(tx.timers().next());
      return {};
    });
  }

 private:
  // In this order, so that the readers close first, the writer folds the log into the file, and the lock goes
  // last.
  const StoreFile file_;
  FileLock lock_;
  Writer writer_;
  ReaderPool readers_;
};

// The real path, so that two spellings of one file meet at one lock.
Result<std::string> prepareFolder(const std::string& given) {
  CHECKOUT_ASSIGN(real, realPath(given));
  const fs::path path(real);
  std::error_code failed;
  if (fs::create_directories(path.parent_path(), failed))
    fs::permissions(path.parent_path(), fs::perms::owner_all, failed);
  if (failed) return unusable(path.string(), failed.message());
  return path.string();
}

Result<StoreFile> prepareFile(const fs::path& path) {
  // The log of a store belongs to its file: a new file beside it would wipe it out.
  std::error_code missing;
  const bool isNew = !fs::exists(path, missing) || fs::file_size(path, missing) == 0;
  const std::string log = path.string() + "-wal";
  if (isNew && fs::exists(log, missing) && fs::file_size(log, missing) > 0)
    return unusable(path.string(),
                    "there is a log beside it, " + log +
                        ", and not the file that it belongs to. Put that back (was it moved away?)");
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct stat about {};
  if (!file.open() || ::fstat(file.fd(), &about) != 0) return unusable(path.string(), std::strerror(errno));
  // Another name would have another lock.
  if (about.st_nlink > 1) return unusable(path.string(), "it has more than one name (hard links)");
  // Whoever put it there, or can write into it, would own every checkout.
  if (about.st_uid != ::geteuid()) return unusable(path.string(), "it belongs to another user");
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return unusable(path.string(), "other users can write into it (chmod 600)");
  for (const char* suffix : {"-wal", "-shm"}) {
    struct stat beside {};
    const std::string name = path.string() + suffix;
    if (::lstat(name.c_str(), &beside) != 0) continue;
    const bool isOurs = S_ISREG(beside.st_mode) && beside.st_uid == ::geteuid() && beside.st_nlink == 1;
    if (!isOurs || (beside.st_mode & (S_IWGRP | S_IWOTH)) != 0)
      return unusable(path.string(),
                      name + " beside it is not this user's own file, or others can write into it");
  }
  return StoreFile{path.string(), about.st_dev, about.st_ino};
}

// Guards a file of another program against our settings and tables.
Result<void> refuseForeignFile(const std::string& path) {
  CHECKOUT_ASSIGN(connection, Connection::open(path, Connection::Role::Visitor));
  bool ours = false, empty = true;
  CHECKOUT_TRY(connection->query("SELECT name FROM sqlite_master WHERE type = 'table'", {},
                                 [&](const sql::Row& row) -> Result<void> {
                                   empty = false;
                                   ours = ours || row.text(0) == "schema_migrations";
                                   return {};
                                 }));
  if (ours || empty) return {};
  return Error(ErrorCode::ValidationFailed,
               path + " is a database of another program. Choose another file with --store sqlite:PATH.");
}

std::size_t readerCount() {
  return std::clamp(std::thread::hardware_concurrency(), 2u, 8u);
}

}  // namespace

Result<std::string> realPath(const std::string& given) {
  std::error_code failed;
  fs::path path = fs::weakly_canonical(fs::absolute(given), failed);
  // A link whose target does not exist yet is left as it is by that.
  constexpr int kMostLinks = 40;
  for (int links = 0; !failed && fs::is_symlink(path); ++links) {
    if (links == kMostLinks) return unusable(given, "too many symbolic links");
    const fs::path target = fs::read_symlink(path, failed);
    if (!failed) path = fs::weakly_canonical(path.parent_path() / target, failed);
  }
  if (failed) return unusable(given, failed.message());
  return path.string();
}

Result<std::unique_ptr<Store>> openSqliteStore(const std::string& given,
                                               std::span<const EmbeddedFile> migrations) {
  CHECKOUT_ASSIGN(path, prepareFolder(given));
  CHECKOUT_ASSIGN(lock, FileLock::acquire(path + ".lock"));
  CHECKOUT_ASSIGN(file, prepareFile(path));
  CHECKOUT_TRY(refuseForeignFile(path));
  CHECKOUT_ASSIGN(writer, Connection::open(path, Connection::Role::Writer));
  CHECKOUT_TRY(sql::migrate(*writer, migrations, kDialect, SystemClock{}.now()));
  std::vector<std::unique_ptr<Connection>> readers;
  while (readers.size() < readerCount()) {
    CHECKOUT_ASSIGN(reader, Connection::open(path, Connection::Role::Reader));
    readers.push_back(std::move(reader));
  }
  return std::unique_ptr<Store>(
      std::make_unique<SqliteStore>(std::move(file), std::move(lock), std::move(writer), std::move(readers)));
}

}  // namespace checkout::store::sqlite

#include "support/faulty_disk.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sqlite3.h>

namespace checkout::test {
namespace {

constexpr std::int64_t kSector = 512;
constexpr int kNamedFiles = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;

using Random = std::mt19937_64;

bool flip(Random& random) {
  return (random() & 1) != 0;
}

// A change that is not on the disk yet. A write never crosses the border of a sector.
struct Change {
  enum class Kind { Write, Truncate, Remove } kind = Kind::Write;
  std::int64_t at = 0;  // offset, or the new size
  std::string bytes;
};

struct Content {
  bool exists = false;
  std::string bytes;

  void apply(const Change& change) {
    exists = change.kind != Change::Kind::Remove;
    const auto at = static_cast<std::size_t>(change.at);
    if (change.kind != Change::Kind::Write) {
      bytes.resize(std::min(bytes.size(), at));
    } else {
      bytes.resize(std::max(bytes.size(), at + change.bytes.size()));
      bytes.replace(at, change.bytes.size(), change.bytes);
    }
  }
};

struct File {
  Content synced;
  std::vector<Change> pending;
  std::int64_t size = 0;  // as the page cache has it

  void write(const char* bytes, std::int64_t count, std::int64_t at) {
    size = std::max(size, at + count);
    while (count > 0) {
      const std::int64_t piece = std::min(count, kSector - at % kSector);
      pending.push_back({Change::Kind::Write, at, std::string(bytes, static_cast<std::size_t>(piece))});
      bytes += piece;
      at += piece;
      count -= piece;
    }
  }
  void sync() {
    for (const Change& change : pending) synced.apply(change);
    pending.clear();
  }
  // The directory was synced: what was removed stays removed.
  void syncRemoval() {
    const auto last = std::find_if(pending.rbegin(), pending.rend(), [](const Change& change) {
                        return change.kind == Change::Kind::Remove;
                      }).base();
    for (auto change = pending.begin(); change != last; ++change) synced.apply(*change);
    pending.erase(pending.begin(), last);
  }
  void loseHalf(Random& random) {
    for (const Change& change : pending)
      if (change.kind != Change::Kind::Write || flip(random)) synced.apply(change);
    pending.clear();
  }
  // Nothing, everything, a prefix or any part of what was pending reached the disk.
  Content afterPowerLoss(Random& random) const {
    Content content = synced;
    const auto way = random() % 4;
    const std::size_t prefix = pending.empty() ? 0 : random() % pending.size();
    for (std::size_t i = 0; i < pending.size(); ++i)
      if (way == 1 || (way == 2 && i < prefix) || (way == 3 && flip(random))) content.apply(pending[i]);
    return content;
  }
};

}  // namespace

class FaultyDisk::Disk {
 public:
  Disk();
  ~Disk() { sqlite3_vfs_unregister(&vfs_); }

  // What SQLite calls. A code other than SQLITE_OK is the fault that strikes.
  int write(const std::string& path, sqlite3_file* inner, const void* bytes, int count, std::int64_t at);
  int truncate(const std::string& path, sqlite3_file* inner, std::int64_t size);
  int sync(const std::string& path, bool withDirectory);
  int remove(const std::string& path, bool withDirectory);
  void opened(const std::string& path);
  sqlite3_vfs& inner() { return inner_; }

  std::recursive_mutex mutex;  // guards what follows; a moment may ask for a copy
  bool syncsAreIgnored = false;
  struct Rule {
    Fault fault;
    int times;
    std::string nameEnd;
  };
  std::vector<Rule> faults;
  std::map<std::string, File> files;
  std::uint64_t operations = 0, momentAt = 0;
  std::function<void()> moment;
  Random random{20};

 private:
  void count();
  bool strikes(Fault fault, const std::string& path);

  sqlite3_vfs& inner_;
  sqlite3_vfs vfs_{};
};

namespace {

using Disk = FaultyDisk::Disk;

// What SQLite holds of an open file. The file of the real VFS lies behind it in memory.
struct OpenFile {
  sqlite3_file base;
  Disk* disk;
  const char* path;        // null: a temporary file, which no power loss matters to
  bool syncsDirectoryToo;  // with the next sync, as SQLite does for the logs that it makes

  sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
};
static_assert(sizeof(OpenFile) % 8 == 0);

sqlite3_file* innerOf(sqlite3_file* file) {
  return OpenFile::of(file).inner();
}
const sqlite3_io_methods& methodsOf(sqlite3_file* file) {
  return *innerOf(file)->pMethods;
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  OpenFile& open = OpenFile::of(file);
  if (open.path == nullptr) return methodsOf(file).xWrite(open.inner(), bytes, count, at);
  return open.disk->write(open.path, open.inner(), bytes, count, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile& open = OpenFile::of(file);
  if (open.path == nullptr) return methodsOf(file).xTruncate(open.inner(), size);
  return open.disk->truncate(open.path, open.inner(), size);
}
int sync(sqlite3_file* file, int) {
  OpenFile& open = OpenFile::of(file);
  if (open.path == nullptr) return SQLITE_OK;
  return open.disk->sync(open.path, std::exchange(open.syncsDirectoryToo, false));
}

// Version 2: with shared memory for the write-ahead log, without memory-mapped pages, which would go past us.
constexpr sqlite3_io_methods kMethods = {
    2,
    [](sqlite3_file* f) { return methodsOf(f).xClose(innerOf(f)); },
    [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
      return methodsOf(f).xRead(innerOf(f), to, n, at);
    },
    write,
    truncate,
    sync,
    [](sqlite3_file* f, sqlite3_int64* size) { return methodsOf(f).xFileSize(innerOf(f), size); },
    [](sqlite3_file* f, int level) { return methodsOf(f).xLock(innerOf(f), level); },
    [](sqlite3_file* f, int level) { return methodsOf(f).xUnlock(innerOf(f), level); },
    [](sqlite3_file* f, int* out) { return methodsOf(f).xCheckReservedLock(innerOf(f), out); },
    [](sqlite3_file* f, int op, void* arg) { return methodsOf(f).xFileControl(innerOf(f), op, arg); },
    [](sqlite3_file*) { return static_cast<int>(kSector); },
    [](sqlite3_file* f) {
      return methodsOf(f).xDeviceCharacteristics(innerOf(f)) & SQLITE_IOCAP_POWERSAFE_OVERWRITE;
    },
    [](sqlite3_file* f, int page, int size, int extend, void volatile** at) {
      return methodsOf(f).xShmMap(innerOf(f), page, size, extend, at);
    },
    [](sqlite3_file* f, int at, int n, int flags) { return methodsOf(f).xShmLock(innerOf(f), at, n, flags); },
    [](sqlite3_file* f) { methodsOf(f).xShmBarrier(innerOf(f)); },
    [](sqlite3_file* f, int remove) { return methodsOf(f).xShmUnmap(innerOf(f), remove); },
    nullptr,
    nullptr};

Disk& diskOf(sqlite3_vfs* vfs) {
  return *static_cast<Disk*>(vfs->pAppData);
}

int openFile(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* outFlags) {
  Disk& disk = diskOf(vfs);
  OpenFile& open = OpenFile::of(file);
  open.base.pMethods = nullptr;
  open.disk = &disk;
  open.path = path != nullptr && (flags & kNamedFiles) != 0 ? path : nullptr;
  open.syncsDirectoryToo = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & SQLITE_OPEN_MAIN_DB) == 0;
  if (open.path != nullptr) disk.opened(path);  // before the real one creates it
  const int code = disk.inner().xOpen(&disk.inner(), path, open.inner(), flags, outFlags);
  if (open.inner()->pMethods != nullptr) open.base.pMethods = &kMethods;
  return code;
}

int removeFile(sqlite3_vfs* vfs, const char* path, int withDirectory) {
  Disk& disk = diskOf(vfs);
  if (const int code = disk.remove(path, withDirectory != 0); code != SQLITE_OK) return code;
  return disk.inner().xDelete(&disk.inner(), path, 0);
}

}  // namespace

Disk::Disk() : inner_(*sqlite3_vfs_find(nullptr)) {
  vfs_ = inner_;
  vfs_.pNext = nullptr;
  vfs_.zName = "faulty-disk";
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(OpenFile)) + inner_.szOsFile;
  vfs_.xOpen = openFile;
  vfs_.xDelete = removeFile;
  // The others of the real VFS get it as their argument, for what they keep in it.
  vfs_.xAccess = [](sqlite3_vfs* v, const char* path, int flags, int* out) {
    return diskOf(v).inner().xAccess(&diskOf(v).inner(), path, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* v, const char* path, int n, char* out) {
    return diskOf(v).inner().xFullPathname(&diskOf(v).inner(), path, n, out);
  };
  if (sqlite3_vfs_register(&vfs_, 1) != SQLITE_OK) throw std::runtime_error("no faulty disk");
}

void Disk::count() {
  if (++operations == momentAt && moment) std::exchange(moment, nullptr)();
}

bool Disk::strikes(Fault fault, const std::string& path) {
  for (Rule& rule : faults) {
    if (rule.fault != fault || rule.times == 0 || !path.ends_with(rule.nameEnd)) continue;
    if (rule.times > 0) --rule.times;
    return true;
  }
  return false;
}

void Disk::opened(const std::string& path) {
  const std::lock_guard lock(mutex);
  if (files.contains(path)) return;
  File& file = files[path];
  std::ifstream in(path, std::ios::binary);
  file.synced.exists = in.is_open();
  file.synced.bytes.assign(std::istreambuf_iterator<char>(in), {});
  file.size = static_cast<std::int64_t>(file.synced.bytes.size());
}

int Disk::write(const std::string& path, sqlite3_file* inner, const void* bytes, int count, std::int64_t at) {
  const std::lock_guard lock(mutex);
  this->count();
  File& file = files.at(path);
  if (at + count > file.size && strikes(Fault::Full, path)) return SQLITE_FULL;
  const bool broken = strikes(Fault::WriteError, path);
  if (broken) count /= 2;
  if (const int code = inner->pMethods->xWrite(inner, bytes, count, at); code != SQLITE_OK) return code;
  file.write(static_cast<const char*>(bytes), count, at);
  return broken ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

int Disk::truncate(const std::string& path, sqlite3_file* inner, std::int64_t size) {
  const std::lock_guard lock(mutex);
  count();
  if (const int code = inner->pMethods->xTruncate(inner, size); code != SQLITE_OK) return code;
  File& file = files.at(path);
  file.size = size;
  file.pending.push_back({Change::Kind::Truncate, size, {}});
  return SQLITE_OK;
}

int Disk::sync(const std::string& path, bool withDirectory) {
  const std::lock_guard lock(mutex);
  count();
  File& file = files.at(path);
  if (strikes(Fault::SyncError, path)) {
    file.loseHalf(random);
    return SQLITE_IOERR_FSYNC;
  }
  if (syncsAreIgnored) return SQLITE_OK;
  file.sync();
  if (withDirectory)
    for (auto& [other, removed] : files) removed.syncRemoval();
  return SQLITE_OK;
}

int Disk::remove(const std::string& path, bool withDirectory) {
  const std::lock_guard lock(mutex);
  count();
  const auto found = files.find(path);
  if (found == files.end()) return SQLITE_OK;
  found->second.size = 0;
  found->second.pending.push_back({Change::Kind::Remove, 0, {}});
  if (withDirectory && !syncsAreIgnored) found->second.sync();
  return SQLITE_OK;
}

FaultyDisk::FaultyDisk() : disk_(std::make_unique<Disk>()) {}
FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::ignoreSyncs() {
  const std::lock_guard lock(disk_->mutex);
  disk_->syncsAreIgnored = true;
}

void FaultyDisk::fail(Fault fault, int times, std::string nameEnd) {
  const std::lock_guard lock(disk_->mutex);
  disk_->faults.push_back({fault, times, std::move(nameEnd)});
}

void FaultyDisk::heal() {
  const std::lock_guard lock(disk_->mutex);
  disk_->faults.clear();
}

std::uint64_t FaultyDisk::operations() const {
  const std::lock_guard lock(disk_->mutex);
  return disk_->operations;
}

void FaultyDisk::beforeOperation(std::uint64_t number, std::function<void()> moment) {
  const std::lock_guard lock(disk_->mutex);
  disk_->momentAt = disk_->operations + number;
  disk_->moment = std::move(moment);
}

void FaultyDisk::copyAsAfterPowerLoss(const std::filesystem::path& database,
                                      const std::filesystem::path& directory, std::uint64_t seed) {
  const std::lock_guard lock(disk_->mutex);
  Random random(seed);
  for (const auto& [path, file] : disk_->files) {  // the database itself, "…-wal", "…-journal"
    if (path != database.string() && path.rfind(database.string() + "-", 0) != 0) continue;
    const Content content = file.afterPowerLoss(random);
    if (!content.exists) continue;
    std::ofstream out(directory / std::filesystem::path(path).filename(), std::ios::binary);
    out.write(content.bytes.data(), static_cast<std::streamsize>(content.bytes.size()));
    if (!out.flush()) throw std::runtime_error("can't write the copy of " + path);
  }
}

}  // namespace checkout::test

// A disk on which power fails, syncs lie and space runs out: an SQLite VFS over the real one. What SQLite
// reads back is always what it wrote, as from a page cache; what would be left after a power loss is kept
// apart, file by file: the bytes as of the last sync, and what was written since.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace checkout::test {

class FaultyDisk {
 public:
  enum class Fault {
    Full,        // a write that makes a file longer fails with SQLITE_FULL
    WriteError,  // a write fails with SQLITE_IOERR_WRITE after its first half
    SyncError,   // a sync fails with SQLITE_IOERR_FSYNC; what it was to keep is half kept, half lost for good
  };
  static constexpr int kAlways = -1;

  // Every database opened from now on is on this disk. One at a time.
  FaultyDisk();
  // All databases must be closed.
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // Thread-safe, also while databases are in use.
  void ignoreSyncs();  // they succeed and keep nothing, as with synchronous=OFF
  // Strikes the next `times` writes or syncs of files whose names end so: "-wal" is the write-ahead log,
  // ".db" the database, which only checkpoints write. Adds to the faults there are.
  void fail(Fault fault, int times = kAlways, std::string nameEnd = "");
  void heal();  // no faults any more

  // Writes the files of this database, as a power loss at this moment could leave them, into `directory`: all
  // that was synced, and of the rest a prefix or any of its sectors, as `seed` has it.
  void copyAsAfterPowerLoss(const std::filesystem::path& database, const std::filesystem::path& directory,
                            std::uint64_t seed);
  // Calls `moment` once, before the write, sync, truncation or deletion with this number from now (1: the
  // next one). It may call copyAsAfterPowerLoss() and nothing else of this class.
  void beforeOperation(std::uint64_t number, std::function<void()> moment);
  std::uint64_t operations() const;  // so far

  class Disk;  // private to the .cpp

 private:
  std::unique_ptr<Disk> disk_;
};

}  // namespace checkout::test

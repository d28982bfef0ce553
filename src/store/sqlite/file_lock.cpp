#include "store/sqlite/file_lock.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace checkout::store::sqlite {

Result<FileLock> FileLock::acquire(const std::string& lockPath) {
  const int descriptor = ::open(lockPath.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return Error(ErrorCode::ServiceUnavailable,
                 "Can't open " + lockPath + ": " + std::strerror(errno) +
                     ". Make its directory writable, or choose another store.");
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK)
    return Error(ErrorCode::ServiceUnavailable,
                 "Can't lock " + lockPath + ": " + std::strerror(errno) + ". Put the store on a local disk.");
  return Error(ErrorCode::ServiceUnavailable,
               "Another process has this store open (it holds " + lockPath +
                   "). Stop that process, or give this one its own store with --store sqlite:PATH.",
               {{"lockedBy", lockPath}});
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace checkout::store::sqlite

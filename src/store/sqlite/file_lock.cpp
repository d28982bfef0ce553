#include "store/sqlite/file_lock.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
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
                   ", which must not be removed). Stop that process, or give this one its own store with "
                   "--store sqlite:PATH.",
               {{"lockedBy", lockPath}});
}

bool FileLock::isInPlace(const std::string& lockPath) const {
  struct stat held {
  }, there{};
  return ::fstat(descriptor_, &held) == 0 && ::stat(lockPath.c_str(), &there) == 0 &&
         held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace checkout::store::sqlite

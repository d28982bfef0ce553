// The exclusive right to a store's file, held as a lock on a file beside it. The system frees it when the
// process ends, however it ends; the lock file itself stays, since removing it would race with the next
// owner.
#pragma once

#include <string>

#include <checkout/result.hpp>

namespace checkout::store::sqlite {

class FileLock {
 public:
  // ServiceUnavailable while another holder exists, in this process or another (details: lockedBy, the path),
  // or if the file can't be had; a symbolic link is not followed.
  static Result<FileLock> acquire(const std::string& lockPath);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  // False once the file at `lockPath` is another one than this lock holds, or none.
  bool isInPlace(const std::string& lockPath) const;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace checkout::store::sqlite

#include "app/state_key.hpp"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "base/seal.hpp"
#include "store/open_store.hpp"

namespace checkout::app {
namespace {

// Nobody else can have read it, or put it there.
bool isPrivate(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == ::geteuid() &&
         (about.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

std::optional<Secret> readKey(const std::string& path) {
  // Without O_NONBLOCK, to open a named pipe would wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.open()) return std::nullopt;
  if (!isPrivate(file.fd())) {
    log::warn("a key file that others can read or write, or that is another user's, is not used",
              {{"file", path}});
    return std::nullopt;
  }
  std::string bytes(kSealKeyBytes + 1, '\0');
  const ssize_t size = ::read(file.fd(), bytes.data(), bytes.size());
  if (size != static_cast<ssize_t>(kSealKeyBytes)) return std::nullopt;
  bytes.resize(kSealKeyBytes);
  return Secret(std::move(bytes));
}

// In place of whatever is there, which may be somebody else's: so it is made beside it, and then renamed.
bool writeKey(const std::string& path, const Secret& key) {
  const std::string made = path + ".new";
  ::unlink(made.c_str());  // of a process that died here
  Descriptor file(::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.open()) return false;
  const std::string& bytes = key.reveal();
  const bool isWritten =
      ::write(file.fd(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      ::rename(made.c_str(), path.c_str()) == 0;
  if (!isWritten) ::unlink(made.c_str());
  return isWritten;
}

}  // namespace

Secret stateKeyBeside(const std::string& storeUrl) {
  const auto file = store::fileOfStore(storeUrl);
  if (!file.ok()) return newSealKey();  // no file to be beside
  const std::string path = *file + ".key";
  if (auto key = readKey(path)) return *std::move(key);
  Secret key = newSealKey();
  if (!writeKey(path, key))
    log::warn("questions to customers will not survive a restart: the key file can't be written",
              {{"file", path}, {"reason", std::strerror(errno)}});
  return key;
}

}  // namespace checkout::app

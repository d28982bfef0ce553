#include "app/state_key.hpp"

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/seal.hpp"
#include "store/open_store.hpp"

namespace checkout::app {
namespace {

std::optional<Secret> readKey(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return std::nullopt;
  std::string bytes(kSealKeyBytes + 1, '\0');
  const ssize_t size = ::read(fd, bytes.data(), bytes.size());
  ::close(fd);
  if (size != static_cast<ssize_t>(kSealKeyBytes)) return std::nullopt;
  bytes.resize(kSealKeyBytes);
  return Secret(std::move(bytes));
}

bool writeKey(const std::string& path, const Secret& key) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  const std::string& bytes = key.reveal();
  const bool written = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  return ::close(fd) == 0 && written;
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

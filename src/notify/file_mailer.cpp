#include "notify/file_mailer.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "notify/message.hpp"

namespace checkout::notify {
namespace {

namespace fs = std::filesystem;

Error notWritten(const fs::path& path, int error) {
  return Error(ErrorCode::ServiceUnavailable, std::string("The e-mail could not be written to ")
                                                  .append(path.string())
                                                  .append(": ")
                                                  .append(std::strerror(error)));
}

bool writeAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// The id where it can be a file's name as it is; two ids never share a name.
std::string fileName(const std::string& id) {
  bool safe = !id.empty() && id.size() <= 100;
  for (const char c : id)
    safe = safe && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                    c == '_');
  return (safe ? id : "sha256-" + sha256Hex(id)) + ".eml";
}

class FileMailer final : public Mailer {
 public:
  explicit FileMailer(fs::path folder) : folder_(std::move(folder)) {}

  Result<void> deliver(const Email& email) override {
    std::error_code failed;
    // Customers' addresses are nobody else's business.
    if (fs::create_directories(folder_, failed)) fs::permissions(folder_, fs::perms::owner_all, failed);
    if (failed) return notWritten(folder_, failed.value());
    const fs::path target = folder_ / fileName(email.id);
    const fs::path temporary = folder_ / std::string(".").append(randomHex(8)).append(".tmp");
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return notWritten(temporary, errno);
    const bool written = writeAll(file, toMessage(email, SystemClock{}.now())) && ::fsync(file) == 0;
    const int error = errno;
    ::close(file);
    if (!written || ::rename(temporary.c_str(), target.c_str()) != 0) {
      const int cause = written ? errno : error;
      ::unlink(temporary.c_str());
      return notWritten(target, cause);
    }
    return {};
  }

 private:
  const fs::path folder_;
};

}  // namespace

std::unique_ptr<Mailer> makeFileMailer(fs::path folder) {
  return std::make_unique<FileMailer>(std::move(folder));
}

}  // namespace checkout::notify

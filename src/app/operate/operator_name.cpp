#include "app/operate/operator_name.hpp"

#include <array>

#include <pwd.h>
#include <unistd.h>

namespace checkout::app::operate {
namespace {

std::string loginName() {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int code = ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  return code == 0 && found != nullptr ? std::string(found->pw_name) : std::string();
}

}  // namespace

std::string operatorNameFrom(const Environment& environment) {
  const std::string user = environment("USER").value_or("");
  return user.empty() ? loginName() : user;
}

}  // namespace checkout::app::operate

#include "app/config/url.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "transport/guard.hpp"

namespace checkout::app {
namespace {}  // namespace

std::optional<Url> parseUrl(std::string_view text) {
  Url url;
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  url.scheme = asciiLower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  text.remove_prefix(colon + 3);
  const auto end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  url.rest = std::string(text.substr(end));

  const auto hostEnd = authority.rfind('[', 0) == 0 ? authority.find(']') : authority.find(':');
  std::string_view port;
  if (authority.rfind('[', 0) == 0) {
    if (hostEnd == std::string_view::npos) return std::nullopt;
    url.host = asciiLower(authority.substr(1, hostEnd - 1));
    port = authority.substr(hostEnd + 1);
  } else {
    url.host = asciiLower(authority.substr(0, hostEnd));
    if (hostEnd != std::string_view::npos) port = authority.substr(hostEnd);
  }
  if (url.host.empty() || url.host.find_first_of("@ \t\r\n\\") != std::string::npos) return std::nullopt;
  if (port.empty()) return url;
  std::uint16_t number = 0;
  const char* last = port.data() + port.size();
  const auto parsed = std::from_chars(port.data() + 1, last, number);
  if (port.front() != ':' || parsed.ec != std::errc{} || parsed.ptr != last) return std::nullopt;
  url.port = number;
  return url;
}

bool isSecureOrLocal(const Url& url) {
  return url.scheme == "https" || transport::isLoopbackAddress(url.host);
}

}  // namespace checkout::app

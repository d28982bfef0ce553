#include "transport/guard.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

#include "base/ascii.hpp"

namespace checkout::transport {
namespace {

std::optional<std::uint16_t> portFrom(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, port);
  if (digits.empty() || failure != std::errc{} || stop != end) return std::nullopt;
  return port;
}

struct Authority {
  std::string host;  // lower case, brackets kept
  std::optional<std::uint16_t> port;
};

// host [ ":" port ] of RFC 3986 without userinfo, and without percent-encoding, which no Host needs.
std::optional<Authority> authorityFrom(std::string_view text) {
  const auto isHostByte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    in6_addr address{};
    if (inet_pton(AF_INET6, std::string(text.substr(1, end - 1)).c_str(), &address) != 1) return std::nullopt;
    ++end;
  } else {
    while (end < text.size() && isHostByte(text[end])) ++end;
  }
  if (end == 0) return std::nullopt;
  Authority authority{asciiLower(text.substr(0, end)), std::nullopt};
  if (end == text.size()) return authority;
  if (text[end] != ':') return std::nullopt;
  authority.port = portFrom(text.substr(end + 1));
  return authority.port ? std::optional(authority) : std::nullopt;
}

bool isLoopbackName(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool allows(const std::vector<std::string>& hosts, const Authority& sent) {
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& entry) {
    const auto allowed = authorityFrom(entry);
    return allowed && allowed->host == sent.host && (!allowed->port || allowed->port == sent.port);
  });
}

Error forbidden(std::string message) {
  return {ErrorCode::Forbidden, std::move(message)};
}
Error badListen(std::string message) {
  return {ErrorCode::ValidationFailed, std::move(message)};
}

}  // namespace

Result<void> checkHost(const GuardPolicy& policy, const HttpHeaders& headers) {
  const auto values = headers.all("Host");
  if (values.size() != 1) return forbidden("exactly one Host header is required");
  const auto sent = authorityFrom(values.front());
  if (sent && (isLoopbackName(sent->host) || allows(policy.hosts, *sent))) return {};
  return forbidden("this Host is not served here; add it to the configured hosts if it should be");
}

Result<void> checkOrigin(const GuardPolicy& policy, const HttpHeaders& headers) {
  const auto values = headers.all("Origin");
  if (values.empty()) return {};
  if (values.size() == 1) {
    const std::string origin = asciiLower(values.front());
    const auto same = [&](const std::string& allowed) { return asciiLower(allowed) == origin; };
    if (std::any_of(policy.origins.begin(), policy.origins.end(), same)) return {};
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (!origin.starts_with(scheme)) continue;
      const auto authority = authorityFrom(std::string_view(origin).substr(scheme.size()));
      if (authority && isLoopbackName(authority->host)) return {};
    }
  }
  return forbidden("this Origin may not use the server; add it to the configured origins if it should");
}

bool isLoopbackAddress(std::string_view host) {
  if (asciiLower(host) == "localhost") return true;
  const std::string text(host);
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, text.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

Result<ListenAddress> parseListen(std::string_view text) {
  const std::string quoted = std::string(1, '"').append(text).append(1, '"');
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return badListen(quoted + " has no port; write HOST:PORT");
  std::string_view host = text.substr(0, colon);
  const auto port = portFrom(text.substr(colon + 1));
  if (!port) return badListen(quoted + ": the port must be a number from 0 to 65535");
  if (host.empty()) return badListen(quoted + " has no host; write HOST:PORT");

  const std::string bare(host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2)
                                                                      : host);
  in_addr four{};
  in6_addr six{};
  const bool bracketed = bare.size() != host.size();
  const bool isAddress = bracketed ? inet_pton(AF_INET6, bare.c_str(), &six) == 1
                                   : inet_pton(AF_INET, bare.c_str(), &four) == 1 || bare == "localhost";
  if (!isAddress)
    return badListen(quoted +
                     ": the host must be an IPv4 address, an IPv6 address in brackets, or localhost");
  return ListenAddress{bare, *port};
}

}  // namespace checkout::transport

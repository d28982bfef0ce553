// Who may talk to this server, as far as addresses and headers tell. A web page that the user happens to have
// open can send requests to a server on loopback; Host and Origin give it away (DNS rebinding, CSRF).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

namespace checkout::transport {

// What is allowed besides loopback names (127.0.0.1, localhost, [::1], with any port).
struct GuardPolicy {
  std::vector<std::string> hosts;    // "shop.example" (any port) or "shop.example:8443" (that port)
  std::vector<std::string> origins;  // "https://shop.example", as a browser writes it
};

// Forbidden unless there is exactly one Host, and it is allowed.
Result<void> checkHost(const GuardPolicy& policy, const HttpHeaders& headers);
// Forbidden if there is an Origin that is not allowed. Programs send none; "null" is never allowed.
Result<void> checkOrigin(const GuardPolicy& policy, const HttpHeaders& headers);

// True for "localhost" and addresses of 127.0.0.0/8 and ::1, written without brackets.
bool isLoopbackAddress(std::string_view host);

struct ListenAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  bool operator==(const ListenAddress&) const = default;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:0". ValidationFailed says which part is wrong.
Result<ListenAddress> parseListen(std::string_view text);

}  // namespace checkout::transport

#include "saga/own_pages.hpp"

#include <algorithm>
#include <vector>

namespace checkout::saga {
namespace {

// "https://host:port" in lower case; empty for what is no plain web address.
std::string originOf(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const auto end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  std::string origin = url.substr(0, end);
  if (origin.find_first_of("@\\ %") != std::string::npos) return {};  // browsers read these in their own ways
  std::ranges::transform(origin, origin.begin(), [](unsigned char c) { return std::tolower(c); });
  return origin;
}

}  // namespace

Result<void> checkReturnUrl(const Tenant& tenant, const std::string& publicUrl, const std::string& url) {
  std::vector<std::string> origins;
  for (const std::string* own : {&publicUrl, &tenant.successUrl, &tenant.cancelUrl}) {
    const std::string origin = originOf(*own);
    if (!origin.empty() && std::ranges::find(origins, origin) == origins.end()) origins.push_back(origin);
  }
  const std::string origin = originOf(url);
  if (!origin.empty() && std::ranges::find(origins, origin) != origins.end()) return {};
  return Error(ErrorCode::ValidationFailed,
               "return_url is on none of the shop's own sites. Leave it out, or use one of details.origins.",
               {{"argument", "return_url"}, {"origins", origins}});
}

}  // namespace checkout::saga

// As much of URLs as a configuration needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace checkout::app {

struct Url {
  std::string scheme;  // lower case
  std::string host;    // lower case, IPv6 without its brackets
  std::optional<std::uint16_t> port;
  std::string rest;  // path, query and fragment
};

// nullopt for anything but http(s)://host[:port][…]; user information is refused too.
std::optional<Url> parseUrl(std::string_view text);

// Money and customers travel over https; plain http is for this machine only.
bool isSecureOrLocal(const Url& url);

}  // namespace checkout::app

#include "mcp/uri_template.hpp"

#include <charconv>
#include <cstdlib>

namespace checkout::mcp {
namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    unsigned value = 0;
    if (text.size() - i < 3) return std::nullopt;
    const char* const last = text.data() + i + 3;
    if (std::from_chars(text.data() + i + 1, last, value, 16).ptr != last || value < 0x20)
      return std::nullopt;
    bytes += static_cast<char>(value);
    i += 2;
  }
  return bytes;
}

// RFC 3986 section 2.3.
bool isUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

void appendEncoded(std::string& text, std::string_view bytes) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (isUnreserved(c)) {
      text += c;
    } else {
      text.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
}

}  // namespace

UriTemplate::UriTemplate(std::string text) : text_(std::move(text)) {
  std::string_view rest = text_;
  for (;;) {
    const auto open = rest.find('{');
    literals_.emplace_back(rest.substr(0, open));
    if (open == std::string_view::npos) return;
    const auto close = rest.find('}', open);
    if (close == std::string_view::npos || close == open + 1) std::abort();
    names_.emplace_back(rest.substr(open + 1, close - open - 1));
    rest.remove_prefix(close + 1);
  }
}

std::optional<NamedValues> UriTemplate::match(std::string_view uri) const {
  if (!uri.starts_with(literals_.front())) return std::nullopt;
  uri.remove_prefix(literals_.front().size());
  NamedValues values;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const std::string& behind = literals_[i + 1];
    const auto end = behind.empty() ? uri.size() : uri.find(behind);
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const std::string_view raw = uri.substr(0, end);
    if (raw.find('/') != std::string_view::npos) return std::nullopt;
    auto value = decoded(raw);
    if (!value) return std::nullopt;
    values.emplace(names_[i], *std::move(value));
    uri.remove_prefix(end + behind.size());
  }
  if (!uri.empty()) return std::nullopt;
  return values;
}

std::string UriTemplate::expand(const NamedValues& values) const {
  std::string uri = literals_.front();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto value = values.find(names_[i]);
    if (value == values.end()) std::abort();
    appendEncoded(uri, value->second);
    uri += literals_[i + 1];
  }
  return uri;
}

}  // namespace checkout::mcp

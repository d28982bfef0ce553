#include "tools/leniency.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace checkout::tools {
namespace {

// "tenant_id" and "tenantId" are the same name to somebody who guesses.
std::string withoutStyle(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != '_' && c != '-') plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  return plain;
}

bool isRequired(const Json& schema, const std::string& name) {
  const auto required = schema.find("required");
  return required != schema.end() && std::find(required->begin(), required->end(), name) != required->end();
}

bool isEmpty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

std::optional<std::int64_t> wholeNumber(const std::string& text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

void accommodateValue(Json& value, const Json& schema) {
  if (value.is_object()) return accommodate(value, schema);
  if (!value.is_string()) return;
  auto& text = value.get_ref<std::string&>();
  const auto type = schema.find("type");
  if (type != schema.end() && *type == "integer") {
    if (const auto number = wholeNumber(text)) value = *number;
    return;
  }
  const bool isCountry = schema.value("pattern", "") == "^[A-Z]{2}$" && text.size() == 2;
  if (isCountry && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
    for (char& c : text) c = static_cast<char>(c & ~0x20);
}

void renameNearMisses(Json& arguments, const Json& properties) {
  std::vector<std::pair<std::string, std::string>> renamed;
  for (const auto& [given, value] : arguments.items()) {
    if (properties.contains(given)) continue;
    for (const auto& [meant, schema] : properties.items())
      if (withoutStyle(given) == withoutStyle(meant) && !arguments.contains(meant))
        renamed.emplace_back(given, meant);
  }
  for (const auto& [given, meant] : renamed) {
    if (arguments.contains(meant)) continue;  // two spellings of one name: the second stays, and is refused
    arguments[meant] = std::move(arguments[given]);
    arguments.erase(given);
  }
}

}  // namespace

void accommodate(Json& arguments, const Json& schema) {
  if (!arguments.is_object() || !schema.is_object()) return;
  const auto properties = schema.find("properties");
  if (properties == schema.end()) return;
  renameNearMisses(arguments, *properties);
  for (const auto& [name, property] : properties->items()) {
    const auto member = arguments.find(name);
    if (member == arguments.end()) continue;
    if (isEmpty(*member) && !isRequired(schema, name))
      arguments.erase(name);
    else
      accommodateValue(*member, property);
  }
}

}  // namespace checkout::tools

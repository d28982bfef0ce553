#include "mcp/schema_words.hpp"

#include <algorithm>

#include "mcp/envelope.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kListedChoices = 30;
constexpr int kShortestCardNumber = 12;

bool mayHoldCardNumber(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) >=
         kShortestCardNumber;
}

// " from 1 to 99", " of at least 1", " of at most 99", or nothing.
std::string range(const Json& schema, const char* lowest, const char* highest) {
  const auto low = schema.find(lowest);
  const auto high = schema.find(highest);
  if (low != schema.end() && high != schema.end())
    return *low == *high ? " of exactly " + low->dump() : " from " + low->dump() + " to " + high->dump();
  if (low != schema.end()) return " of at least " + low->dump();
  if (high != schema.end()) return " of at most " + high->dump();
  return {};
}

std::string count(const Json& schema, const char* lowest, const char* highest, const std::string& unit) {
  std::string words = range(schema, lowest, highest);
  if (words.empty()) return words;
  if (words.starts_with(" from ")) words = " of " + words.substr(6);
  return words + " " + unit + (words.ends_with(" 1") ? "" : "s");
}

std::string numberWords(const Json& schema, std::string words) {
  words += range(schema, "minimum", "maximum");
  if (schema.contains("exclusiveMinimum")) words += " greater than " + schema["exclusiveMinimum"].dump();
  if (schema.contains("exclusiveMaximum")) words += " less than " + schema["exclusiveMaximum"].dump();
  if (schema.contains("multipleOf")) words += ", a multiple of " + schema["multipleOf"].dump();
  return words;
}

std::string typeWords(const Json& schema, const std::string& type) {
  if (type == "string") {
    std::string words = "a string" + count(schema, "minLength", "maxLength", "character");
    if (schema.contains("format")) words += " (" + schema["format"].get<std::string>() + ")";
    if (schema.contains("pattern")) words += " matching " + schema["pattern"].get<std::string>();
    return words;
  }
  if (type == "integer") return numberWords(schema, "an integer");
  if (type == "number") return numberWords(schema, "a number");
  if (type == "boolean") return "true or false";
  if (type == "array") return "an array" + count(schema, "minItems", "maxItems", "item");
  if (type == "object") return "an object" + count(schema, "minProperties", "maxProperties", "member");
  return type;
}

template <class Items, class Describe>
std::string alternatives(const Items& items, const char* separator, const char* last, Describe describe) {
  std::string words;
  std::size_t index = 0;
  for (const auto& item : items) {
    if (index == kListedChoices) return words + separator + "…";
    if (index > 0) words += index + 1 == items.size() ? last : separator;
    words += describe(item);
    ++index;
  }
  return words;
}

}  // namespace

std::string describeSchema(const Json& schema) {
  if (!schema.is_object()) return schema == false ? "nothing" : "any value";
  if (schema.contains("const")) return dumpJson(schema["const"]);
  if (const auto choices = schema.find("enum"); choices != schema.end() && choices->is_array()) {
    if (choices->size() == 1) return dumpJson(choices->front());
    return "one of " +
           alternatives(*choices, ", ", " or ", [](const Json& choice) { return dumpJson(choice); });
  }
  if (const auto type = schema.find("type"); type != schema.end()) {
    if (type->is_string()) return typeWords(schema, type->get<std::string>());
    if (type->is_array())
      return alternatives(*type, ", ", " or ",
                          [&](const Json& one) { return typeWords(schema, one.get<std::string>()); });
  }
  for (const char* keyword : {"anyOf", "oneOf"})
    if (const auto branches = schema.find(keyword); branches != schema.end() && branches->is_array())
      return alternatives(*branches, ", ", " or ", describeSchema);
  return "another value";
}

std::string describeValue(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array())
    return "an array of " + std::to_string(value.size()) + (value.size() == 1 ? " item" : " items");
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (mayHoldCardNumber(text)) return "a string of " + std::to_string(characterCount(text)) + " characters";
    return quoteShort(text);
  }
  std::string text = dumpJson(value);
  if (value.is_number() && mayHoldCardNumber(text))
    return "a number of " + std::to_string(text.size()) + " digits";
  return text;
}

std::string describeName(const std::string& name) {
  if (mayHoldCardNumber(name)) return "…";
  const std::string text = quoteShort(name);
  return text.substr(1, text.size() - 2);
}

std::size_t characterCount(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace checkout::mcp

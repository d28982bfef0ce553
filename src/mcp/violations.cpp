#include "mcp/violations.hpp"

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>
#include <string_view>

#include "mcp/closest.hpp"
#include "mcp/schema_words.hpp"

namespace checkout::mcp {
namespace {

constexpr int kDeepest = 40;           // schemas may refer to themselves
constexpr std::size_t kReported = 50;  // a hostile call must not earn an answer many times its size
constexpr std::size_t kInMessage = 8;

std::string escaped(const std::string& key) {
  std::string token;
  for (const char c : describeName(key)) {
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  }
  return token;
}

bool hasType(const Json& value, std::string_view type) {
  if (type == "integer")
    return value.is_number_integer() ||
           (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return value.is_null();
}

bool hasTypeOf(const Json& schema, const Json& value) {
  const auto type = schema.find("type");
  if (type == schema.end()) return true;
  if (type->is_string()) return hasType(value, type->get_ref<const std::string&>());
  return std::any_of(type->begin(), type->end(),
                     [&](const Json& one) { return hasType(value, one.get_ref<const std::string&>()); });
}

class Finder {
 public:
  Finder(const Json& root, std::vector<Violation>& found) : root_(root), found_(found) {}

  void visit(const Json& rawSchema, const Json& value, const std::string& pointer, int depth) {
    const Json& schema = resolve(rawSchema);
    if (depth > kDeepest || schema == true) return;
    if (!schema.is_object()) return report(pointer, "nothing here", describeValue(value));
    if (!isAcceptedAsSuch(schema, value))
      return report(pointer, describeSchema(schema), describeValue(value));
    if (value.is_object()) visitObject(schema, value, pointer, depth);
    if (value.is_array()) visitArray(schema, value, pointer, depth);
    visitCombinations(schema, value, pointer, depth);
  }

 private:
  void report(const std::string& pointer, std::string expected, std::string found) {
    found_.push_back({pointer, std::move(expected), std::move(found)});
  }

  const Json& resolve(const Json& schema) const {
    const Json* at = &schema;
    for (int hops = 0; hops < kDeepest && at->is_object() && at->contains("$ref"); ++hops) {
      const auto& reference = (*at)["$ref"].get_ref<const std::string&>();
      const Json::json_pointer target(reference.substr(reference.find('#') + 1));
      if (!root_.contains(target)) break;
      at = &root_[target];
    }
    return *at;
  }

  // Type, choices and what can be said about a scalar.
  static bool isAcceptedAsSuch(const Json& schema, const Json& value) {
    if (!hasTypeOf(schema, value)) return false;
    if (schema.contains("const") && schema["const"] != value) return false;
    if (const auto choices = schema.find("enum");
        choices != schema.end() && std::find(choices->begin(), choices->end(), value) == choices->end())
      return false;
    if (value.is_number()) return isNumberInRange(schema, value);
    if (value.is_string()) return isStringInShape(schema, value.get_ref<const std::string&>());
    return true;
  }

  static bool isNumberInRange(const Json& schema, const Json& value) {
    if (schema.contains("minimum") && value < schema["minimum"]) return false;
    if (schema.contains("maximum") && value > schema["maximum"]) return false;
    if (schema.contains("exclusiveMinimum") && value <= schema["exclusiveMinimum"]) return false;
    if (schema.contains("exclusiveMaximum") && value >= schema["exclusiveMaximum"]) return false;
    if (!schema.contains("multipleOf")) return true;
    const double steps = value.get<double>() / schema["multipleOf"].get<double>();
    return std::fabs(steps - std::round(steps)) < 1e-9;
  }

  static bool isStringInShape(const Json& schema, const std::string& text) {
    const std::size_t length = characterCount(text);
    if (schema.contains("minLength") && length < schema["minLength"].get<std::size_t>()) return false;
    if (schema.contains("maxLength") && length > schema["maxLength"].get<std::size_t>()) return false;
    return !schema.contains("pattern") || matches(text, schema["pattern"].get<std::string>());
  }

  static bool matches(const std::string& text, const std::string& pattern) {
    return text.size() <= kLongestForPattern && std::regex_search(text, std::regex(pattern));
  }

  void visitObject(const Json& schema, const Json& value, const std::string& pointer, int depth) {
    static const Json kNone = Json::object();
    const Json& properties = schema.contains("properties") ? schema["properties"] : kNone;
    if (const auto required = schema.find("required"); required != schema.end())
      for (const Json& name : *required)
        if (const auto& key = name.get_ref<const std::string&>(); !value.contains(key))
          report(pointer + "/" + escaped(key),
                 (properties.contains(key) ? describeSchema(resolve(properties[key])) : "a value") +
                     " (required)",
                 "nothing");
    if (!hasCountWithin(schema, "minProperties", "maxProperties", value.size()))
      report(pointer, describeSchema(schema), "an object of " + std::to_string(value.size()));
    for (const auto& [key, member] : value.items()) {
      if (properties.contains(key)) {
        visit(properties[key], member, pointer + "/" + escaped(key), depth + 1);
      } else if (const auto other = schema.find("additionalProperties");
                 other != schema.end() && !matchesPatternProperty(schema, key)) {
        if (*other == false)
          report(pointer + "/" + escaped(key), unexpected(key, properties), "an unknown argument");
        else
          visit(*other, member, pointer + "/" + escaped(key), depth + 1);
      }
    }
  }

  static bool matchesPatternProperty(const Json& schema, const std::string& key) {
    const auto patterns = schema.find("patternProperties");
    if (patterns == schema.end()) return false;
    for (const auto& [pattern, schemaOfMatching] : patterns->items())
      if (matches(key, pattern)) return true;
    return false;
  }

  static std::string unexpected(const std::string& key, const Json& properties) {
    std::vector<std::string> known;
    for (const auto& [name, schema] : properties.items()) known.push_back(name);
    if (const auto meant = closest(key, known)) return "no such argument (did you mean " + *meant + "?)";
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
    return known.empty() ? "no arguments" : "only " + list;
  }

  void visitArray(const Json& schema, const Json& value, const std::string& pointer, int depth) {
    if (!hasCountWithin(schema, "minItems", "maxItems", value.size()))
      report(pointer, describeSchema(schema), describeValue(value));
    if (schema.value("uniqueItems", false) &&
        std::set<Json>(value.begin(), value.end()).size() != value.size())
      report(pointer, "an array without repeated items", describeValue(value));
    const auto items = schema.find("items");
    if (items == schema.end() || items->is_array()) return;
    for (std::size_t i = 0; i < value.size(); ++i)
      visit(*items, value[i], pointer + "/" + std::to_string(i), depth + 1);
  }

  static bool hasCountWithin(const Json& schema, const char* lowest, const char* highest, std::size_t count) {
    return (!schema.contains(lowest) || count >= schema[lowest].get<std::size_t>()) &&
           (!schema.contains(highest) || count <= schema[highest].get<std::size_t>());
  }

  void visitCombinations(const Json& schema, const Json& value, const std::string& pointer, int depth) {
    if (const auto all = schema.find("allOf"); all != schema.end())
      for (const Json& part : *all) visit(part, value, pointer, depth + 1);
    if (const auto any = schema.find("anyOf"); any != schema.end())
      visitBranches(*any, value, pointer, depth, any->size());
    if (const auto one = schema.find("oneOf"); one != schema.end())
      visitBranches(*one, value, pointer, depth, 1);
    if (const auto condition = schema.find("if"); condition != schema.end()) {
      const char* branch = violationsOf(*condition, value, pointer, depth).empty() ? "then" : "else";
      if (schema.contains(branch)) visit(schema[branch], value, pointer, depth + 1);
    }
  }

  // Where no branch fits, the one that a value of this type comes nearest to is explained.
  void visitBranches(const Json& branches, const Json& value, const std::string& pointer, int depth,
                     std::size_t mostAllowed) {
    std::size_t fitting = 0;
    std::optional<std::vector<Violation>> nearest;
    std::string words;
    for (const Json& branch : branches) {
      auto violations = violationsOf(branch, value, pointer, depth);
      const Json& schema = resolve(branch);
      words += (words.empty() ? "" : " or ") + describeSchema(schema);
      if (violations.empty())
        ++fitting;
      else if (schema.is_object() && hasTypeOf(schema, value) &&
               (!nearest || violations.size() < nearest->size()))
        nearest = std::move(violations);
    }
    if (fitting > mostAllowed)
      return report(pointer, "exactly one of: " + words, "a value that fits several");
    if (fitting > 0) return;
    if (!nearest) return report(pointer, words, describeValue(value));
    found_.insert(found_.end(), nearest->begin(), nearest->end());
  }

  std::vector<Violation> violationsOf(const Json& schema, const Json& value, const std::string& pointer,
                                      int depth) const {
    std::vector<Violation> violations;
    Finder(root_, violations).visit(schema, value, pointer, depth + 1);
    return violations;
  }

  const Json& root_;
  std::vector<Violation>& found_;
};

// "/shippingAddress/country" as a person would write it.
std::string argumentName(const std::string& pointer) {
  if (pointer.empty()) return "arguments";
  std::string name = pointer.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

}  // namespace

std::vector<Violation> findViolations(const Json& schema, const Json& value) {
  std::vector<Violation> violations;
  Finder(schema, violations).visit(schema, value, "", 0);
  return violations;
}

Error validationError(const std::vector<Violation>& violations) {
  Json list = Json::array();
  std::string message;
  for (const Violation& violation : violations) {
    if (list.size() == kReported) break;
    if (list.size() < kInMessage)
      message += (message.empty() ? "" : "; ") + argumentName(violation.pointer) + ": expected " +
                 violation.expected + ", got " + violation.found;
    list.push_back(
        {{"pointer", violation.pointer}, {"expected", violation.expected}, {"found", violation.found}});
  }
  if (violations.size() > kInMessage)
    message += "; and " + std::to_string(violations.size() - kInMessage) + " more";
  return {ErrorCode::ValidationFailed, message + ".", {{"violations", std::move(list)}}};
}

}  // namespace checkout::mcp

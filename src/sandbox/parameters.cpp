#include "sandbox/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "sandbox/api_error.hpp"
#include "sandbox/currency.hpp"

namespace checkout::sandbox {
namespace {

constexpr std::size_t kMaxDepth = 8, kMaxListLength = 100, kMaxText = 5000;
constexpr std::size_t kMaxMetadataKeys = 50, kMaxMetadataKey = 40, kMaxMetadataValue = 500;

constexpr Parameter kEverywhere[] = {{"expand[]"}};
constexpr Parameter kPaging[] = {{"limit", ParameterKind::Integer}, {"starting_after"}, {"ending_before"}};

using Path = std::vector<std::string>;

bool isPosition(const std::string& segment) {
  return segment.size() <= 6 &&
         std::all_of(segment.begin(), segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "a[0][b]" → {"a", "0", "b"}; empty if the brackets don't match.
Path split(const std::string& name) {
  Path path;
  auto open = name.find('[');
  path.push_back(name.substr(0, open));
  while (open != std::string::npos) {
    const auto close = name.find(']', open);
    if (close == std::string::npos) return {};
    path.push_back(name.substr(open + 1, close - open - 1));
    if (close + 1 == name.size()) break;
    if (name[close + 1] != '[') return {};
    open = close + 1;
  }
  return path.front().empty() || path.size() > kMaxDepth ? Path{} : path;
}

std::string pattern(const Path& path) {
  std::string text = path.front();
  for (std::size_t i = 1; i < path.size(); ++i) text += isPosition(path[i]) ? "[]" : "[" + path[i] + "]";
  return text;
}

bool isBelow(std::string_view candidate, std::string_view parent) {
  return candidate.size() > parent.size() && candidate.substr(0, parent.size()) == parent &&
         candidate[parent.size()] == '[';
}

bool takesSubtree(ParameterKind kind) {
  return kind == ParameterKind::Metadata || kind == ParameterKind::MetadataChange ||
         kind == ParameterKind::Anything || kind == ParameterKind::Unsupported;
}

const Parameter* lookUp(ParameterTable table, std::string_view wanted) {
  for (const Parameter& parameter : table)
    if (parameter.path == wanted || (takesSubtree(parameter.kind) && isBelow(wanted, parameter.path)))
      return &parameter;
  return nullptr;
}

bool isUrl(const std::string& text) {
  const auto start = text.rfind("https://", 0) == 0 ? 8u : text.rfind("http://", 0) == 0 ? 7u : 0u;
  return start > 0 && text.size() > start && text[start] != '/' &&
         std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c <= ' ' || c == '"' || c == '<'; });
}

bool isEmail(const std::string& text) {
  const auto at = text.find('@');
  return at != std::string::npos && at > 0 && text.find('.', at) != std::string::npos && text.back() != '.' &&
         text.find('@', at + 1) == std::string::npos &&
         text.find_first_of(" \r\n\t<>\"") == std::string::npos;
}

bool isChoice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const auto bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    choices = bar == std::string_view::npos ? std::string_view{} : choices.substr(bar + 1);
  }
  return false;
}

Result<Json> convert(const Parameter& parameter, const std::string& name, const std::string& value) {
  if (parameter.kind == ParameterKind::Unsupported)
    return invalidRequest("This simulator does not implement '" + name + "'.", name);
  if (value.size() > kMaxText)
    return invalidRequest("Invalid string: at most 5000 characters are allowed.", name);
  if (takesSubtree(parameter.kind)) return Json(value);
  if (value.empty())
    return invalidRequest(
        "An empty string was passed for '" + name + "', which cannot be unset: leave it out.", name,
        "parameter_invalid_empty");
  switch (parameter.kind) {
    case ParameterKind::Integer: {
      std::int64_t number = 0;
      const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (problem != std::errc{} || end != value.data() + value.size())
        return invalidRequest("Invalid integer: " + value, name, "parameter_invalid_integer");
      return Json(number);
    }
    case ParameterKind::Percent: {
      double number = 0;
      const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (problem != std::errc{} || end != value.data() + value.size() || !(number > 0 && number <= 100))
        return invalidRequest("Invalid percentage: " + value + ". It is above 0 and at most 100.", name);
      return Json(number);
    }
    case ParameterKind::Boolean:
      if (value == "true" || value == "false") return Json(value == "true");
      return invalidRequest("Invalid boolean: " + value, name);
    case ParameterKind::Choice:
      if (isChoice(parameter.choices, value)) return Json(value);
      return invalidRequest("Invalid " + name + ": must be one of " + std::string(parameter.choices), name);
    case ParameterKind::Url:
      if (isUrl(value)) return Json(value);
      return invalidRequest("Not a valid URL", name, "url_invalid");
    case ParameterKind::Email:
      if (isEmail(value)) return Json(value);
      return invalidRequest("Invalid email address: " + value, name, "email_invalid");
    case ParameterKind::Currency: {
      std::string code = value;
      for (char& c : code) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (isCurrency(code)) return Json(code);
      return invalidRequest("Invalid currency: " + value, name);
    }
    default:
      return Json(value);
  }
}

// A list or an object that is unknown as a whole is named as a whole.
Error unknownParameter(ParameterTable table, const Path& path, const std::string& name) {
  const bool isKnownAbove = std::any_of(table.begin(), table.end(), [&](const Parameter& parameter) {
    return parameter.path == path.front() || isBelow(parameter.path, path.front());
  });
  const std::string& unknown = isKnownAbove ? name : path.front();
  return invalidRequest("Received unknown parameter: " + unknown, unknown, "parameter_unknown");
}

Error malformed(const std::string& name) {
  return invalidRequest("Invalid parameter name: " + name, name);
}

Result<void> insert(Json& tree, const Parameter& parameter, const Path& path, const std::string& name,
                    Json value) {
  Json* node = &tree;
  const auto patternDepth = 1 + std::count(parameter.path.begin(), parameter.path.end(), '[');
  for (std::size_t i = 0; i < path.size(); ++i) {
    // Inside metadata a number is a key, not a position.
    if (i > 0 && isPosition(path[i]) && static_cast<std::ptrdiff_t>(i) < patternDepth) {
      if (node->is_null()) *node = Json::array();
      if (!node->is_array()) return malformed(name);
      const std::size_t position = path[i].empty() ? node->size() : std::stoul(path[i]);
      if (position > node->size() || position >= kMaxListLength)
        return invalidRequest("Invalid array: positions count up from 0, to 99 at most.", name);
      if (position == node->size()) node->push_back(nullptr);
      node = &(*node)[position];
    } else {
      if (node->is_null()) *node = Json::object();
      if (!node->is_object()) return malformed(name);
      node = &(*node)[path[i]];
    }
  }
  if (node->is_structured()) return malformed(name);
  *node = std::move(value);
  return {};
}

Result<void> checkMetadataSize(const Json& metadata, const std::string& name) {
  if (metadata.size() > kMaxMetadataKeys) return invalidRequest("Metadata has at most 50 keys.", name);
  return {};
}

// An empty string unsets metadata as a whole, and a single key likewise; in a change both stay, as they are.
Result<void> checkMetadata(Json& metadata, const std::string& name, bool isChange) {
  if (metadata == "") {
    if (!isChange) metadata = Json::object();
    return {};
  }
  if (!metadata.is_object()) return invalidRequest("Invalid object", name);
  for (auto entry = metadata.begin(); entry != metadata.end();) {
    if (!entry.value().is_string()) return invalidRequest("Metadata values must be strings.", name);
    const std::string& value = entry.value().get_ref<const std::string&>();
    if (entry.key().size() > kMaxMetadataKey)
      return invalidRequest("Metadata keys have at most 40 characters; '" + entry.key() + "' is longer.",
                            name);
    if (value.size() > kMaxMetadataValue)
      return invalidRequest(
          "Metadata values have at most 500 characters; that of '" + entry.key() + "' is longer.", name);
    entry = value.empty() && !isChange ? metadata.erase(entry) : std::next(entry);
  }
  return checkMetadataSize(metadata, name);
}

Result<void> checkAllMetadata(Json& tree, bool isChange) {
  if (!tree.is_structured()) return {};
  for (auto& [key, child] : tree.items()) {
    if (key == "metadata") CHECKOUT_TRY(checkMetadata(child, key, isChange));
    if (key != "metadata") CHECKOUT_TRY(checkAllMetadata(child, isChange));
  }
  return {};
}

}  // namespace

Result<Json> readParameters(const Form& form, ParameterTable table, bool paged) {
  Json tree = Json::object();
  for (const auto& [name, value] : form) {
    const Path path = split(name);
    if (path.empty()) return malformed(name);
    const std::string wanted = pattern(path);
    const Parameter* parameter = lookUp(table, wanted);
    if (parameter == nullptr) parameter = lookUp(kEverywhere, wanted);
    if (parameter == nullptr && paged) parameter = lookUp(kPaging, wanted);
    if (parameter == nullptr) return unknownParameter(table, path, name);
    CHECKOUT_ASSIGN(converted, convert(*parameter, name, value));
    CHECKOUT_TRY(insert(tree, *parameter, path, name, std::move(converted)));
  }
  const bool isChange = std::any_of(table.begin(), table.end(), [](const Parameter& parameter) {
    return parameter.kind == ParameterKind::MetadataChange;
  });
  CHECKOUT_TRY(checkAllMetadata(tree, isChange));
  return tree;
}

Result<std::string> requireText(const Json& parameters, std::string_view name) {
  const auto member = parameters.find(name);
  if (member == parameters.end()) return missingParameter(std::string(name));
  return member->get<std::string>();
}

Result<std::int64_t> requireInteger(const Json& parameters, std::string_view name) {
  const auto member = parameters.find(name);
  if (member == parameters.end()) return missingParameter(std::string(name));
  return member->get<std::int64_t>();
}

Result<void> changeMetadata(Json& object, const Json& parameters) {
  const auto change = parameters.find("metadata");
  if (change == parameters.end()) return {};
  if (*change == "") {
    object["metadata"] = Json::object();
    return {};
  }
  Json changed = object["metadata"];
  for (const auto& [key, value] : change->items())
    if (value == "")
      changed.erase(key);
    else
      changed[key] = value;
  CHECKOUT_TRY(checkMetadataSize(changed, "metadata"));
  object["metadata"] = std::move(changed);
  return {};
}

void changeMembers(Json& object, const Json& parameters, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (parameters.contains(name)) object[name] = parameters[name];
}

Json pick(const Json& given, std::initializer_list<const char*> names) {
  Json picked = Json::object();
  for (const char* name : names) picked[name] = given.is_object() ? memberOrNull(given, name) : Json(nullptr);
  return picked;
}

Json addressObject(const Json& given) {
  return pick(given, {"city", "country", "line1", "line2", "postal_code", "state"});
}

Json memberOrNull(const Json& parameters, std::string_view name) {
  const auto member = parameters.find(name);
  return member == parameters.end() ? Json(nullptr) : *member;
}

Json objectOr(const Json& object, std::string_view name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_object() ? *member : Json::object();
}

std::string textOr(const Json& object, std::string_view name, std::string fallback) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::move(fallback);
}

}  // namespace checkout::sandbox

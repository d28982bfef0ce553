#include "app/config/schema_check.hpp"

#include <cstdlib>
#include <sstream>

#include "base/embedded.hpp"
#include "mcp/closest.hpp"
#include "mcp/schema_validator.hpp"

namespace checkout::app {
namespace {

const Json& configSchema() {
  static const Json schema = [] {
    for (const EmbeddedFile& file : embedded::configFiles())
      if (file.name == "config") return Json::parse(file.text);
    std::abort();  // the build embeds it
  }();
  return schema;
}

const Json& resolved(const Json& schema) {
  const Json* node = &schema;
  while (node->contains("$ref"))
    node = &configSchema().at(Json::json_pointer((*node)["$ref"].get<std::string>().substr(1)));
  return *node;
}

// The schema of one place in a document. `member` is nullptr where the schema knows no such member of
// `parent`.
struct Place {
  const Json* parent = nullptr;
  const Json* member = nullptr;
  std::string key;  // the last part of the pointer
};

Place placeOf(const std::string& pointer, const Json& schema) {
  Place place{nullptr, &schema, ""};
  std::istringstream tokens(pointer);
  std::getline(tokens, place.key, '/');  // what stands before the first slash: nothing
  while (place.member != nullptr && std::getline(tokens, place.key, '/')) {
    place.parent = &resolved(*place.member);
    if (place.parent->contains("items")) {
      place.member = &(*place.parent)["items"];
    } else {
      const auto& properties = (*place.parent)["properties"];
      const auto found = properties.find(place.key);
      place.member = found == properties.end() ? nullptr : &*found;
    }
  }
  return place;
}

std::string knownMembers(const Place& place) {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : (*place.parent)["properties"].items()) names.push_back(name);
  if (const auto meant = mcp::closest(place.key, names)) return "did you mean \"" + *meant + "\"?";
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "known here: " : ", ") + name;
  return list;
}

// No message repeats what could be a secret in the wrong place.
std::string masked(const std::string& found) {
  for (const char* prefix : {"\"sk_", "\"rk_", "\"whsec_"})
    if (found.rfind(prefix, 0) == 0) return "what looks like a secret";
  return found;
}

ConfigProblem worded(const mcp::Violation& violation, const Document& document, const Json& schema) {
  const Place place = placeOf(violation.pointer, schema);
  if (place.member == nullptr)
    return document.problem(violation.pointer, "unknown member", knownMembers(place));

  const Json& accepted = resolved(*place.member);
  const std::string hint = place.member->value("description", accepted.value("description", std::string{}));
  if (violation.found == "nothing")
    return document.problem(violation.pointer, "is missing: expected " + violation.expected, hint);
  if (accepted.value("title", std::string{}) == "Secret")
    return document.problem(
        violation.pointer, "expected where the secret is read from, found something else",
        "secrets don't belong in this file: write {\"env\": \"NAME\"} or {\"file\": \"PATH\"}");
  return document.problem(violation.pointer,
                          "expected " + violation.expected + ", found " + masked(violation.found), hint);
}

}  // namespace

void checkAgainstSchema(const Document& document, const std::string& definition,
                        std::vector<ConfigProblem>& problems) {
  Json schema = configSchema();
  if (!definition.empty())
    schema = {{"$ref", "#/definitions/" + definition}, {"definitions", configSchema()["definitions"]}};
  for (const auto& violation : mcp::SchemaValidator(schema).violations(document.json()))
    problems.push_back(worded(violation, document, schema));
}

}  // namespace checkout::app

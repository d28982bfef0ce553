// resources/list, resources/templates/list, resources/read.
#include "base/base64.hpp"
#include "base/card_number.hpp"
#include "base/log.hpp"
#include "mcp/methods.hpp"
#include "mcp/paging.hpp"
#include "mcp/resource_lookup.hpp"

namespace checkout::mcp {
namespace {

Json describe(const ResourceEntry& entry) {
  const ResourceDescriptor& about = entry.family->descriptor();
  Json json = {{entry.uri.isPlain() ? "uri" : "uriTemplate", about.uriTemplate}, {"name", about.name}};
  if (!about.title.empty()) json["title"] = about.title;
  json["description"] = about.description;
  json["mimeType"] = about.mimeType;
  return json;
}

Answer listed(const Engine& engine, const Request& request, const char* member, bool plain) {
  if (auto mistake = refuseCursor(request.params())) return *std::move(mistake);
  Json all = Json::array();
  for (const ResourceEntry& entry : engine.resources)
    if (entry.uri.isPlain() == plain) all.push_back(describe(entry));
  return Members{membersOf({{member, std::move(all)}}) + freshness(engine, request)};
}

}  // namespace

RpcError resourceNotFound(const std::string& uri, Revision revision) {
  return {isModern(revision) ? kInvalidParams : kResourceNotFound,
          "Resource not found: " + quoteShort(uri) + ".",
          containsCardNumber(uri) ? Json() : Json{{"uri", uri}}};
}

std::optional<FoundResource> findResource(const Engine& engine, const std::string& uri) {
  for (const ResourceEntry& entry : engine.resources)
    if (auto names = entry.uri.match(uri)) {
      std::string resource = entry.uri.expand(*names);
      return FoundResource{entry.family.get(), *std::move(names), std::move(resource)};
    }
  return std::nullopt;
}

RpcError resourceTrouble(const Error& error) {
  log::warn("a resource could not be read", {{"problem", error.message}});
  return {kInternalError, "Internal error: " + error.message, nullptr};
}

Answer listResources(const Engine& engine, const Request& request) {
  return listed(engine, request, "resources", true);
}

Answer listResourceTemplates(const Engine& engine, const Request& request) {
  return listed(engine, request, "resourceTemplates", false);
}

Answer readResource(const Engine& engine, const Request& request) {
  const auto uri = stringMember(request.params(), "uri");
  if (!uri) return invalidParams("\"uri\", a string, must say what to read.");
  if (auto mismatch = checkNameHeader(request, *uri)) return *std::move(mismatch);
  const auto found = findResource(engine, *uri);
  if (!found) return resourceNotFound(*uri, request.revision);
  const auto read = found->family->read(found->names, request.context.principal);
  if (!read.ok()) return resourceTrouble(read.error());
  if (!*read) return resourceNotFound(*uri, request.revision);
  const ResourceContents& contents = **read;
  Json item = {{"uri", *uri}, {"mimeType", contents.mimeType}};
  item[contents.isText ? "text" : "blob"] = contents.isText ? contents.bytes : toBase64(contents.bytes);
  Json result = {{"contents", Json::array({std::move(item)})}};
  if (isModern(request.revision)) {
    result["ttlMs"] = contents.ttlMs;
    result["cacheScope"] = contents.isPrivate ? "private" : "public";
  }
  return Members{membersOf(result)};
}

}  // namespace checkout::mcp

// initialize, server/discover, ping, logging/setLevel.
#include "mcp/client_features.hpp"
#include "mcp/era.hpp"
#include "mcp/methods.hpp"

namespace checkout::mcp {
namespace {

Json capabilities(const Engine& engine, Revision revision) {
  Json offered = {{"tools", Json::object()}, {"logging", Json::object()}};
  if (!engine.resources.empty()) offered["resources"] = {{"subscribe", true}};
  if (!engine.prompts.empty()) offered["prompts"] = Json::object();
  // The word came with 2025-03-26; the method is older.
  if (revision >= Revision::V2025_03_26 && !(engine.resources.empty() && engine.prompts.empty()))
    offered["completions"] = Json::object();
  return offered;
}

}  // namespace

Json implementation(const ServerInfo& info) {
  Json json = {{"name", info.name}};
  if (!info.title.empty()) json["title"] = info.title;
  json["version"] = info.version;
  if (!info.websiteUrl.empty()) json["websiteUrl"] = info.websiteUrl;
  return json;
}

Answer initialize(const Engine& engine, const Request& request) {
  const auto wanted = request.params().find("protocolVersion");
  if (wanted == request.params().end() || !wanted->is_string())
    return invalidParams("\"protocolVersion\", a string, is missing.");
  for (const char* object : {"capabilities", "clientInfo"})
    if (request.params().contains(object) && !request.params()[object].is_object())
      return invalidParams(std::string("\"").append(object).append("\" must be an object."));
  const auto known = revisionFromString(wanted->get<std::string>());
  const Revision revision = known && !isModern(*known) ? *known : kLatestHandshake;
  request.session->negotiate(revision,
                             featuresOf(request.params().value("capabilities", Json::object()), revision));
  return Members{membersOf({{"protocolVersion", toString(revision)},
                            {"capabilities", capabilities(engine, revision)},
                            {"serverInfo", implementation(engine.info)},
                            {"instructions", engine.info.instructions}})};
}

Answer discover(const Engine& engine, const Request& request) {
  return Members{membersOf({{"supportedVersions", modernRevisions()},
                            {"capabilities", capabilities(engine, request.revision)},
                            {"instructions", engine.info.instructions},
                            {"ttlMs", engine.options.listTtlMs},
                            {"cacheScope", "public"}})};
}

Answer ping(const Engine&, const Request&) {
  return Members{};
}

Answer setLogLevel(const Engine&, const Request& request) {
  const auto name = request.params().find("level");
  const auto level = name != request.params().end() && name->is_string()
                         ? logLevelFromString(name->get<std::string>())
                         : std::nullopt;
  if (!level)
    return invalidParams(
        "\"level\" must be debug, info, notice, warning, error, critical, alert or emergency.");
  request.session->setLogLevel(*level);
  return Members{};
}

}  // namespace checkout::mcp

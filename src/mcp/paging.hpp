// What the list methods share: reading params, cursors, and how long a list may be thought fresh.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "mcp/engine.hpp"
#include "mcp/request.hpp"

namespace checkout::mcp {

inline std::optional<std::string> stringMember(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

inline std::variant<std::optional<std::string>, RpcError> readCursor(const Json& params) {
  if (params.contains("cursor") && !params["cursor"].is_string())
    return invalidParams("\"cursor\" must be a string.");
  return stringMember(params, "cursor");
}

inline RpcError unknownCursor() {
  return invalidParams("unknown cursor. Start again without one.");
}

// For lists of one page, which hands out no cursor.
inline std::optional<RpcError> refuseCursor(const Json& params) {
  if (params.contains("cursor")) return unknownCursor();
  return std::nullopt;
}

// Further members of a list's result, with a leading comma; empty for revisions that know no such hints.
inline std::string freshness(const Engine& engine, const Request& request) {
  if (!isModern(request.revision)) return {};
  return "," + membersOf({{"ttlMs", engine.options.listTtlMs}, {"cacheScope", "public"}});
}

}  // namespace checkout::mcp

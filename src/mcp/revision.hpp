// The revisions of MCP that this server speaks, oldest first.
#pragma once

#include <optional>
#include <string_view>

#include <checkout/json.hpp>

namespace checkout::mcp {

// Handshake revisions open with `initialize`; modern ones carry version and capabilities in each request.
enum class Revision { V2024_11_05, V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28 };

inline constexpr Revision kLatestHandshake = Revision::V2025_11_25;
inline constexpr Revision kLatest = Revision::V2026_07_28;
// What Streamable HTTP assumes of a client too old to send MCP-Protocol-Version.
inline constexpr Revision kWithoutVersionHeader = Revision::V2025_03_26;

constexpr bool isModern(Revision revision) {
  return revision >= Revision::V2026_07_28;
}

std::string_view toString(Revision revision);  // "2026-07-28"
std::optional<Revision> revisionFromString(std::string_view name);

Json modernRevisions();  // those a request may name in its _meta, as a JSON array
Json allRevisions();     // latest first

}  // namespace checkout::mcp

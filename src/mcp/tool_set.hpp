// The registered tools: their descriptors as written, their compiled input schemas, and the pages of
// tools/list.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/tool.hpp>

#include "mcp/schema_validator.hpp"

namespace checkout::mcp {

// A parameter that clients of modern revisions repeat in the header Mcp-Param-<header> ("x-mcp-header").
struct MirroredParam {
  std::string header;
  Json::json_pointer path;  // into the arguments
};

struct ToolEntry {
  std::string descriptor;  // without surrounding blanks
  std::unique_ptr<Tool> tool;
  SchemaValidator input;
  std::vector<MirroredParam> mirrored;
  ProviderUse provider = ProviderUse::None;
  bool onlyReads = false;  // annotations.readOnlyHint
};

// Immutable; used from many threads at once.
class ToolSet {
 public:
  // Aborts, after saying why, on a descriptor that is not valid: it is embedded at build time.
  ToolSet(std::vector<RegisteredTool> tools, std::size_t perPage);

  const ToolEntry* find(std::string_view name) const;  // nullptr: unknown
  // The name that a mistyped one most likely stands for.
  std::optional<std::string> closestTo(std::string_view name) const;

  struct Page {
    std::string tools;  // a JSON array of descriptors, byte for byte
    std::optional<std::string> nextCursor;
  };
  std::optional<Page> page(const std::optional<std::string>& cursor) const;  // nullopt: no cursor of ours

 private:
  std::vector<ToolEntry> entries_;
  std::size_t perPage_;
};

}  // namespace checkout::mcp

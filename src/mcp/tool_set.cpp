#include "mcp/tool_set.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "base/hex.hpp"
#include "base/log.hpp"
#include "mcp/closest.hpp"

namespace checkout::mcp {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Only properties reached through `properties` alone count (basic/transports/streamable-http).
void collectMirrored(const Json& schema, const Json::json_pointer& path,
                     std::vector<MirroredParam>& mirrored) {
  const auto properties = schema.find("properties");
  if (properties == schema.end()) return;
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) continue;
    if (property.contains("x-mcp-header"))
      mirrored.push_back({property["x-mcp-header"].get<std::string>(), path / name});
    collectMirrored(property, path / name, mirrored);
  }
}

ToolEntry makeEntry(RegisteredTool registered) {
  const Json descriptor = Json::parse(registered.descriptor);
  if (descriptor.at("name") != registered.tool->name())
    throw std::invalid_argument("descriptor is of " + descriptor.at("name").dump());
  const Json& schema = descriptor.at("inputSchema");
  std::vector<MirroredParam> mirrored;
  collectMirrored(schema, Json::json_pointer(), mirrored);
  return {std::string(trimmed(registered.descriptor)),
          std::move(registered.tool),
          SchemaValidator(schema),
          std::move(mirrored),
          registered.provider,
          descriptor.value("annotations", Json::object()).value("readOnlyHint", false)};
}

// Names the next page's first tool, so that it stays good when a newer server lists more tools.
std::string cursorAt(const ToolEntry& entry) {
  const std::string_view name = entry.tool->name();
  return toHex(reinterpret_cast<const unsigned char*>(name.data()), name.size());
}

}  // namespace

ToolSet::ToolSet(std::vector<RegisteredTool> tools, std::size_t perPage)
    : perPage_(std::max<std::size_t>(perPage, 1)) {
  for (RegisteredTool& registered : tools) {
    const std::string name(registered.tool->name());
    try {
      if (find(name)) throw std::invalid_argument("registered twice");
      entries_.push_back(makeEntry(std::move(registered)));
    } catch (const std::exception& problem) {
      log::error("a tool cannot be registered", {{"tool", name}, {"problem", problem.what()}});
      std::abort();
    }
  }
}

const ToolEntry* ToolSet::find(std::string_view name) const {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const ToolEntry& one) { return one.tool->name() == name; });
  return entry == entries_.end() ? nullptr : &*entry;
}

std::optional<std::string> ToolSet::closestTo(std::string_view name) const {
  std::vector<std::string> names;
  for (const ToolEntry& entry : entries_) names.emplace_back(entry.tool->name());
  return closest(name, names);
}

std::optional<ToolSet::Page> ToolSet::page(const std::optional<std::string>& cursor) const {
  std::size_t first = 0;
  if (cursor) {
    while (first < entries_.size() && cursorAt(entries_[first]) != *cursor) ++first;
    if (first == entries_.size()) return std::nullopt;
  }
  const std::size_t end = std::min(entries_.size(), first + perPage_);
  Page page;
  page.tools = "[";
  for (std::size_t i = first; i < end; ++i) {
    if (i > first) page.tools += ',';
    page.tools += entries_[i].descriptor;
  }
  page.tools += ']';
  if (end < entries_.size()) page.nextCursor = cursorAt(entries_[end]);
  return page;
}

}  // namespace checkout::mcp

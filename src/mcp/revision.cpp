#include "mcp/revision.hpp"

#include "base/enum_names.hpp"

namespace checkout::mcp {
namespace {

constexpr EnumNames<Revision, 5> kNames{{
    {Revision::V2026_07_28, "2026-07-28"},
    {Revision::V2025_11_25, "2025-11-25"},
    {Revision::V2025_06_18, "2025-06-18"},
    {Revision::V2025_03_26, "2025-03-26"},
    {Revision::V2024_11_05, "2024-11-05"},
}};

}  // namespace

std::string_view toString(Revision revision) {
  return nameOf(kNames, revision);
}
std::optional<Revision> revisionFromString(std::string_view name) {
  return valueOf(kNames, name);
}

Json modernRevisions() {
  Json list = Json::array();
  for (const auto& [revision, name] : kNames)
    if (isModern(revision)) list.push_back(name);
  return list;
}

Json allRevisions() {
  Json list = Json::array();
  for (const auto& [revision, name] : kNames) list.push_back(name);
  return list;
}

}  // namespace checkout::mcp

#include "tools/suggestions.hpp"

#include "base/ascii.hpp"

namespace checkout::tools {
namespace {

constexpr std::size_t kMost = 100;

void addIfBegun(Completions& found, const std::string& id, std::string_view typed) {
  if (!equalsIgnoringCase(std::string_view(id).substr(0, typed.size()), typed)) return;
  if (found.values.size() < kMost) found.values.push_back(id);
  ++found.total;
}

}  // namespace

Completions suggestTenants(const ToolServices& services, std::string_view typed) {
  Completions found;
  for (const Tenant* tenant : services.tenants.all()) addIfBegun(found, tenant->id.value, typed);
  return found;
}

Completions suggestProducts(const ToolServices& services, const std::string& tenant, std::string_view typed) {
  const auto all = services.tenants.all();
  const Tenant* const shop = !tenant.empty()   ? services.tenants.find(TenantId{tenant})
                             : all.size() == 1 ? all.front()
                                               : nullptr;
  Completions found;
  if (shop)
    for (const Product& product : shop->catalog->all()) addIfBegun(found, product.id.value, typed);
  return found;
}

}  // namespace checkout::tools

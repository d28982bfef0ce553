#include "tools/function_tool.hpp"
#include "tools/products.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Json stockView(const std::optional<std::int64_t>& available) {
  if (!available) return {{"state", "unlimited"}};
  return {{"state", *available > 0 ? "in_stock" : "out_of_stock"}, {"available", *available}};
}

Result<Json> catalogGetProduct(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  const auto id = arguments.id<ProductId>("productId");
  const std::optional<Product> product = tenant->catalog->find(id);
  if (!product) return unknownProduct(*tenant, id);
  const Tenant& shop = *tenant;
  CHECKOUT_ASSIGN(available, readFor<std::optional<std::int64_t>>(
                                 services.store, [&](Transaction& tx) { return availableOf(tx, shop, id); }));
  return Json{{"product", productView(*product)}, {"stock", stockView(available)}};
}

}  // namespace

std::unique_ptr<Tool> makeCatalogGetProduct(const ToolServices& services) {
  return makeTool("catalog_get_product", services, catalogGetProduct);
}

}  // namespace checkout::tools

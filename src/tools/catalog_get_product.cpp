#include "tools/function_tool.hpp"
#include "tools/products.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> catalogGetProduct(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  const auto id = arguments.id<ProductId>("productId");
  const std::optional<Product> product = tenant->catalog->find(id);
  if (!product) return unknownProduct(*tenant, id);
  return productWithStock(services, *tenant, *product);
}

}  // namespace

std::unique_ptr<Tool> makeCatalogGetProduct(const ToolServices& services) {
  return makeTool("catalog_get_product", services, catalogGetProduct);
}

}  // namespace checkout::tools

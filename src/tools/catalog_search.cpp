#include "tools/function_tool.hpp"
#include "tools/products.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<Json> catalogSearch(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  CatalogQuery query;
  query.text = arguments.optionalText("query").value_or("");
  query.category = arguments.optionalText("category").value_or("");
  query.minPrice = arguments.optionalInteger("minPrice");
  query.maxPrice = arguments.optionalInteger("maxPrice");
  query.limit = arguments.limit();
  query.cursor = arguments.optionalText("cursor").value_or("");
  if (query.minPrice && query.maxPrice && *query.minPrice > *query.maxPrice)
    return Error(ErrorCode::ValidationFailed,
                 "minPrice (" + std::to_string(*query.minPrice) + ") must not exceed maxPrice (" +
                     std::to_string(*query.maxPrice) + "); both count the smallest unit of the currency.",
                 {{"minPrice", *query.minPrice}, {"maxPrice", *query.maxPrice}});

  CHECKOUT_ASSIGN(page, tenant->catalog->search(query));
  Json products = Json::array();
  for (const Product& product : page.products) products.push_back(productView(product));
  Json result = {{"products", std::move(products)},
                 {"catalog_version", tenant->catalog->version()},
                 {"fetched_at", toIso8601(services.clock.now())}};
  if (!page.nextCursor.empty()) result["nextCursor"] = page.nextCursor;
  return result;
}

}  // namespace

std::unique_ptr<Tool> makeCatalogSearch(const ToolServices& services) {
  return makeTool("catalog_search", services, catalogSearch);
}

}  // namespace checkout::tools

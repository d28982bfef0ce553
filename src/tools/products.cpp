#include "tools/products.hpp"

#include <algorithm>

namespace checkout::tools {
namespace {

Json stockView(const std::optional<std::int64_t>& available) {
  if (!available) return {{"state", "unlimited"}};
  return {{"state", *available > 0 ? "in_stock" : "out_of_stock"}, {"available", *available}};
}

}  // namespace

Json productView(const Product& product) {
  Json view = {{"productId", product.id.value},
               {"name", product.name},
               {"description", product.description},
               {"category", product.category},
               {"price", toJson(product.price)},
               {"kind", product.kind == ProductKind::Physical ? "physical" : "digital"},
               {"weightGrams", product.weightGrams}};
  if (product.imageUrl) view["imageUrl"] = *product.imageUrl;
  return view;
}

Result<std::optional<std::int64_t>> availableOf(Transaction& tx, const Tenant& tenant,
                                                const ProductId& product) {
  CHECKOUT_ASSIGN(level, tx.stock().find(tenant.id, product));
  if (!level) return std::optional<std::int64_t>();
  return std::optional(std::max<std::int64_t>(0, level->free()));
}

Result<Json> productWithStock(const ToolServices& services, const Tenant& tenant, const Product& product) {
  CHECKOUT_ASSIGN(available, readFor<std::optional<std::int64_t>>(services.store, [&](Transaction& tx) {
                    return availableOf(tx, tenant, product.id);
                  }));
  return Json{{"product", productView(product)}, {"stock", stockView(available)}};
}

Error unknownProduct(const Tenant& tenant, const ProductId& product) {
  constexpr int kCandidates = 5;
  Json candidates = Json::array();
  for (const Product& similar : tenant.catalog->similar(product.value, kCandidates))
    candidates.push_back(
        {{"productId", similar.id.value}, {"name", similar.name}, {"price", toJson(similar.price)}});
  std::string message = "Shop \"" + tenant.id.value + "\" has no product \"" + product.value + "\". ";
  message += candidates.empty() ? "Find products with catalog_search."
                                : "Pick one of details.candidates, or find products with catalog_search.";
  return Error(ErrorCode::SkuNotFound, std::move(message),
               {{"productId", product.value}, {"candidates", std::move(candidates)}});
}

}  // namespace checkout::tools

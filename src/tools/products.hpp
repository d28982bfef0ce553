// Products and their stock as agents see them.
#pragma once

#include <checkout/store.hpp>
#include <checkout/tenant.hpp>

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

// The `product` of the schemas.
Json productView(const Product& product);

// Pieces that can be bought now; nothing if the product never sells out.
Result<std::optional<std::int64_t>> availableOf(Transaction& tx, const Tenant& tenant,
                                                const ProductId& product);

// The product with its stock as of now.
Result<Json> productWithStock(const ToolServices& services, const Tenant& tenant, const Product& product);

// SkuNotFound, with similar products (details.candidates: productId, name, price), best first.
Error unknownProduct(const Tenant& tenant, const ProductId& product);

}  // namespace checkout::tools

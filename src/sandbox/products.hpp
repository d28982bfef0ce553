// /v1/products, /v1/prices and /v1/shipping_rates.
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

Result<Json> createProduct(Call& call);
Result<Json> getProduct(Call& call);
Result<Json> listProducts(Call& call);
Result<Json> createPrice(Call& call);
Result<Json> getPrice(Call& call);
Result<Json> listPrices(Call& call);
Result<Json> createShippingRate(Call& call);
Result<Json> getShippingRate(Call& call);
Result<Json> listShippingRates(Call& call);

ParameterTable productCreateParameters();
ParameterTable priceCreateParameters();
ParameterTable shippingRateCreateParameters();

// `data` says name, description, images, metadata …; what a line of a session brings along is not active.
Json productObject(const std::string& id, const Json& data, std::int64_t created, bool active);
// `data` says currency, unit_amount, tax_behavior …
Json priceObject(const std::string& productId, const Json& data, std::int64_t created, bool active);
// Checks shipping_rate_data and keeps it as a rate. `where` is the parameter's name.
Result<Record*> addShippingRate(World& world, Account& account, const Json& data, const std::string& where);

// Stripe's words for a negative amount.
Error negativeAmount(const std::string& param);

}  // namespace checkout::sandbox

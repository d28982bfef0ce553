#include "sandbox/products.hpp"

#include "sandbox/currency.hpp"
#include "sandbox/events.hpp"
#include "sandbox/lists.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Parameter kProductCreate[] = {
    {"active", Kind::Boolean},
    {"default_price_data", Kind::Unsupported},
    {"description"},
    {"id"},
    {"images[]", Kind::Url},
    {"marketing_features", Kind::Unsupported},
    {"metadata", Kind::Metadata},
    {"name"},
    {"package_dimensions", Kind::Unsupported},
    {"shippable", Kind::Boolean},
    {"statement_descriptor"},
    {"tax_code"},
    {"tax_details", Kind::Unsupported},
    {"type", Kind::Choice, "good|service"},
    {"unit_label"},
    {"url", Kind::Url},
};

constexpr Parameter kPriceCreate[] = {
    {"active", Kind::Boolean},
    {"billing_scheme", Kind::Choice, "per_unit"},
    {"currency", Kind::Currency},
    {"currency_options", Kind::Unsupported},
    {"custom_unit_amount", Kind::Unsupported},
    {"lookup_key"},
    {"metadata", Kind::Metadata},
    {"nickname"},
    {"product"},
    {"product_data", Kind::Unsupported},
    {"recurring", Kind::Unsupported},
    {"tax_behavior", Kind::Choice, "exclusive|inclusive|unspecified"},
    {"tiers", Kind::Unsupported},
    {"tiers_mode", Kind::Unsupported},
    {"transfer_lookup_key", Kind::Unsupported},
    {"transform_quantity", Kind::Unsupported},
    {"unit_amount", Kind::Integer},
    {"unit_amount_decimal", Kind::Unsupported},
};

constexpr Parameter kShippingRateCreate[] = {
    {"delivery_estimate[maximum][unit]", Kind::Choice, "business_day|day|hour|month|week"},
    {"delivery_estimate[maximum][value]", Kind::Integer},
    {"delivery_estimate[minimum][unit]", Kind::Choice, "business_day|day|hour|month|week"},
    {"delivery_estimate[minimum][value]", Kind::Integer},
    {"display_name"},
    {"fixed_amount[amount]", Kind::Integer},
    {"fixed_amount[currency]", Kind::Currency},
    {"metadata", Kind::Metadata},
    {"tax_behavior", Kind::Choice, "exclusive|inclusive|unspecified"},
    {"tax_code"},
    {"type", Kind::Choice, "fixed_amount"},
};

// Also of those that line items made on the way.
Result<Json> getByKind(Call& call, const std::string& kind) {
  Json object = findObject(call.account, call.id, kind);
  if (object.is_null()) return noSuch(kind, call.id);
  return object;
}

}  // namespace

Error negativeAmount(const std::string& param) {
  return invalidRequest("Invalid non-negative integer", param, "parameter_invalid_integer");
}

ParameterTable productCreateParameters() {
  return kProductCreate;
}
ParameterTable priceCreateParameters() {
  return kPriceCreate;
}
ParameterTable shippingRateCreateParameters() {
  return kShippingRateCreate;
}

Json productObject(const std::string& id, const Json& data, std::int64_t created, bool active) {
  return {{"id", id},
          {"object", "product"},
          {"active", active},
          {"created", created},
          {"default_price", nullptr},
          {"description", memberOrNull(data, "description")},
          {"images", data.value("images", Json::array())},
          {"livemode", false},
          {"marketing_features", Json::array()},
          {"metadata", data.value("metadata", Json::object())},
          {"name", data["name"]},
          {"package_dimensions", nullptr},
          {"shippable", memberOrNull(data, "shippable")},
          {"statement_descriptor", memberOrNull(data, "statement_descriptor")},
          {"tax_code", memberOrNull(data, "tax_code")},
          {"tax_details", nullptr},
          {"type", textOr(data, "type", "service")},
          {"unit_label", memberOrNull(data, "unit_label")},
          {"updated", created},
          {"url", memberOrNull(data, "url")}};
}

Json priceObject(const std::string& productId, const Json& data, std::int64_t created, bool active) {
  const std::int64_t unitAmount = data["unit_amount"];
  return {{"id", newId("price")},
          {"object", "price"},
          {"active", active},
          {"billing_scheme", "per_unit"},
          {"created", created},
          {"currency", data["currency"]},
          {"custom_unit_amount", nullptr},
          {"livemode", false},
          {"lookup_key", memberOrNull(data, "lookup_key")},
          {"metadata", data.value("metadata", Json::object())},
          {"nickname", memberOrNull(data, "nickname")},
          {"product", productId},
          {"recurring", nullptr},
          {"tax_behavior", textOr(data, "tax_behavior", "unspecified")},
          {"tiers_mode", nullptr},
          {"transform_quantity", nullptr},
          {"type", "one_time"},
          {"unit_amount", unitAmount},
          {"unit_amount_decimal", std::to_string(unitAmount)}};
}

Result<Json> createProduct(Call& call) {
  CHECKOUT_TRY(requireText(call.parameters, "name"));
  const std::string id = textOr(call.parameters, "id", newId("prod"));
  if (call.account.products.find(id) != nullptr)
    return invalidRequest("Product already exists.", "id", "resource_already_exists");
  const bool active = call.parameters.value("active", true);
  Record& product =
      call.account.products.add({id, productObject(id, call.parameters, call.world.nowSeconds(), active)});
  emit(call.world, call.account, "product.created", product.object);
  return product.object;
}

Result<Json> getProduct(Call& call) {
  return getByKind(call, "product");
}

Result<Json> listProducts(Call& call) {
  return listObjects(call.account.products, call.parameters, "/v1/products", "product", {"active"});
}

Result<Json> createPrice(Call& call) {
  const Json& parameters = call.parameters;
  CHECKOUT_ASSIGN(currency, requireText(parameters, "currency"));
  CHECKOUT_ASSIGN(productId, requireText(parameters, "product"));
  CHECKOUT_ASSIGN(unitAmount, requireInteger(parameters, "unit_amount"));
  if (call.account.products.find(productId) == nullptr) return noSuchIn("product", "product", productId);
  if (unitAmount < 0 || unitAmount > largestCharge(currency)) return negativeAmount("unit_amount");
  Json object = priceObject(productId, parameters, call.world.nowSeconds(), parameters.value("active", true));
  const std::string id = object["id"];
  Record& price = call.account.prices.add({id, std::move(object)});
  emit(call.world, call.account, "price.created", price.object);
  return price.object;
}

Result<Json> getPrice(Call& call) {
  return getByKind(call, "price");
}

Result<Json> listPrices(Call& call) {
  return listObjects(call.account.prices, call.parameters, "/v1/prices", "price",
                     {"active", "currency", "product"});
}

Result<Record*> addShippingRate(World& world, Account& account, const Json& data, const std::string& where) {
  const auto named = [&](const std::string& member, const std::string& inner = {}) {
    const std::string name = where.empty() ? member : where + "[" + member + "]";
    return inner.empty() ? name : name + "[" + inner + "]";
  };
  if (!data.contains("display_name")) return missingParameter(named("display_name"));
  const Json fixed = objectOr(data, "fixed_amount");
  if (!fixed.contains("amount")) return missingParameter(named("fixed_amount", "amount"));
  if (!fixed.contains("currency")) return missingParameter(named("fixed_amount", "currency"));
  if (fixed["amount"] < 0 || fixed["amount"] > largestCharge(fixed["currency"].get<std::string>()))
    return negativeAmount(named("fixed_amount", "amount"));
  Json estimate = nullptr;
  if (data.contains("delivery_estimate")) {
    estimate = pick(data["delivery_estimate"], {"maximum", "minimum"});
    for (const auto& [bound, given] : estimate.items())
      if (given.is_object() && !(given.contains("unit") && given.contains("value")))
        return missingParameter(named("delivery_estimate", bound) +
                                (given.contains("unit") ? "[value]" : "[unit]"));
  }
  const std::string id = newId("shr");
  Json object = {{"id", id},
                 {"object", "shipping_rate"},
                 {"active", true},
                 {"created", world.nowSeconds()},
                 {"delivery_estimate", std::move(estimate)},
                 {"display_name", data["display_name"]},
                 {"fixed_amount", fixed},
                 {"livemode", false},
                 {"metadata", data.value("metadata", Json::object())},
                 {"tax_behavior", textOr(data, "tax_behavior", "unspecified")},
                 {"tax_code", memberOrNull(data, "tax_code")},
                 {"type", "fixed_amount"}};
  return &account.shippingRates.add({id, std::move(object)});
}

Result<Json> createShippingRate(Call& call) {
  CHECKOUT_ASSIGN(rate, addShippingRate(call.world, call.account, call.parameters, ""));
  return rate->object;
}

Result<Json> getShippingRate(Call& call) {
  return getObject(call.account.shippingRates, call.id, "shipping rate");
}

Result<Json> listShippingRates(Call& call) {
  return listObjects(call.account.shippingRates, call.parameters, "/v1/shipping_rates", "shipping rate",
                     {"active"});
}

}  // namespace checkout::sandbox

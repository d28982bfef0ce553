#include "domain/document.hpp"

namespace checkout {

Json toJson(const Address& address) {
  Json json = Json::object();
  const auto put = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  put("name", address.name);
  put("line1", address.line1);
  put("line2", address.line2);
  put("city", address.city);
  put("state", address.state);
  put("postalCode", address.postalCode);
  put("country", address.country);
  put("phone", address.phone);
  return json;
}

namespace document {

Address readAddress(const Json& json) {
  const auto text = [&](const char* name) { return readOptional<std::string>(json, name).value_or(""); };
  return {text("name"),  text("line1"),      text("line2"),   text("city"),
          text("state"), text("postalCode"), text("country"), text("phone")};
}

Json write(const Money& money) {
  return {{"amount", money.amount}, {"currency", money.currency.code}};
}

Money readMoney(const Json& json) {
  return {read<std::int64_t>(json, "amount"), Currency{read<std::string>(json, "currency")}};
}

Json write(const LineItem& item) {
  Json json = {{"productId", item.productId.value},
               {"name", item.name},
               {"description", item.description},
               {"kind", item.kind == ProductKind::Physical ? "physical" : "digital"},
               {"weightGrams", item.weightGrams},
               {"quantity", item.quantity},
               {"unitPrice", write(item.unitPrice)},
               {"lineTotal", write(item.lineTotal)}};
  if (item.imageUrl) json["imageUrl"] = *item.imageUrl;
  return json;
}

LineItem readLineItem(const Json& json) {
  LineItem item;
  item.productId = ProductId{read<std::string>(json, "productId")};
  item.name = read<std::string>(json, "name");
  item.description = read<std::string>(json, "description");
  item.imageUrl = readOptional<std::string>(json, "imageUrl");
  item.kind = read<std::string>(json, "kind") == "digital" ? ProductKind::Digital : ProductKind::Physical;
  item.weightGrams = read<std::int64_t>(json, "weightGrams");
  item.quantity = read<int>(json, "quantity");
  item.unitPrice = readMoney(child(json, "unitPrice"));
  item.lineTotal = readMoney(child(json, "lineTotal"));
  return item;
}

Json write(const Totals& totals) {
  return {{"subtotal", write(totals.subtotal)},
          {"shipping", write(totals.shipping)},
          {"tax", write(totals.tax)},
          {"discount", write(totals.discount)},
          {"total", write(totals.total)}};
}

Totals readTotals(const Json& json) {
  return {readMoney(child(json, "subtotal")), readMoney(child(json, "shipping")),
          readMoney(child(json, "tax")), readMoney(child(json, "discount")), readMoney(child(json, "total"))};
}

Json write(const ShippingSelection& shipping) {
  return {{"carrierId", shipping.carrierId}, {"carrierName", shipping.carrierName},
          {"serviceId", shipping.serviceId}, {"serviceName", shipping.serviceName},
          {"price", write(shipping.price)},  {"minDays", shipping.minDays},
          {"maxDays", shipping.maxDays}};
}

ShippingSelection readShipping(const Json& json) {
  return {read<std::string>(json, "carrierId"),
          read<std::string>(json, "carrierName"),
          read<std::string>(json, "serviceId"),
          read<std::string>(json, "serviceName"),
          readMoney(child(json, "price")),
          read<int>(json, "minDays"),
          read<int>(json, "maxDays")};
}

}  // namespace document
}  // namespace checkout

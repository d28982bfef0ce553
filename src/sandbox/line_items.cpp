#include "sandbox/line_items.hpp"

#include "sandbox/currency.hpp"
#include "sandbox/products.hpp"

namespace checkout::sandbox {
namespace {

constexpr std::int64_t kMaxQuantity = 999'999;

struct Line {
  Json price, product;
};

Result<Line> linePrice(const Account& account, const std::string& id, const std::string& here) {
  const Record* price = account.prices.find(id);
  if (price == nullptr) return noSuchIn(here + "[price]", "price", id);
  if (price->object["active"] != true)
    return invalidRequest("The price " + id + " is inactive: this session needs an active one.",
                          here + "[price]");
  return Line{price->object, account.products.find(price->object["product"].get<std::string>())->object};
}

Result<Line> lineOfData(Call& call, const Json& data, const std::string& there) {
  if (!data.contains("currency")) return missingParameter(there + "[currency]");
  if (!data.contains("unit_amount")) return missingParameter(there + "[unit_amount]");
  if (data["unit_amount"] < 0 || data["unit_amount"] > largestCharge(data["currency"].get<std::string>()))
    return negativeAmount(there + "[unit_amount]");
  Json product = objectOr(data, "product_data");
  if (data.contains("product")) {
    const std::string id = data["product"];
    const Record* known = call.account.products.find(id);
    if (known == nullptr) return noSuchIn(there + "[product]", "product", id);
    product = known->object;
  } else if (!product.contains("name")) {
    return missingParameter(there + "[product_data][name]");
  } else {
    product["id"] = newId("prod");
  }
  // A price made for one use is not active.
  return Line{priceObject(product["id"], data, call.world.nowSeconds(), false), std::move(product)};
}

Json lineObject(const Line& line, std::int64_t quantity, const Json& metadata) {
  const std::int64_t amount = line.price["unit_amount"].get<std::int64_t>() * quantity;
  return {{"id", newId("li")},
          {"object", "item"},
          {"adjustable_quantity", nullptr},
          {"amount_discount", 0},
          {"amount_subtotal", amount},
          {"amount_tax", 0},
          {"amount_total", amount},
          {"currency", line.price["currency"]},
          {"description", line.product["name"]},
          {"metadata", metadata},
          {"price", line.price},
          {"quantity", quantity}};
}

}  // namespace

Error totalTooLarge(const std::string& currency) {
  return invalidRequest(
      "The session's total must be at most " + formatAmount(largestCharge(currency), currency) + ".",
      "line_items", "amount_too_large");
}

Result<Lines> readLines(Call& call) {
  const auto given = call.parameters.find("line_items");
  if (given == call.parameters.end()) return missingParameter("line_items");
  Lines lines;
  for (const Json& item : *given) {
    const std::string here = "line_items[" + std::to_string(lines.items.size()) + "]";
    Line line;
    if (item.contains("price")) {
      CHECKOUT_ASSIGN(priced, linePrice(call.account, item["price"], here));
      line = std::move(priced);
    } else if (item.contains("price_data")) {
      CHECKOUT_ASSIGN(made, lineOfData(call, item["price_data"], here + "[price_data]"));
      line = std::move(made);
    } else {
      return missingParameter(here + "[price_data]");
    }
    if (!item.contains("quantity")) return missingParameter(here + "[quantity]");
    const std::int64_t quantity = item["quantity"];
    if (quantity < 1 || quantity > kMaxQuantity)
      return invalidRequest("The quantity must be at least 1 and at most 999999.", here + "[quantity]",
                            "parameter_invalid_integer");
    if (lines.items.empty()) lines.currency = line.price["currency"];
    if (line.price["currency"] != lines.currency)
      return invalidRequest("All line items of a session must have the same currency.",
                            here + (item.contains("price") ? "[price]" : "[price_data][currency]"));
    if (line.price["unit_amount"].get<std::int64_t>() * quantity > largestCharge(lines.currency))
      return totalTooLarge(lines.currency);
    lines.items.push_back(lineObject(line, quantity, item.value("metadata", Json::object())));
    lines.products.push_back(std::move(line.product));
  }
  return lines;
}

void indexLines(Account& account, const Session& session) {
  for (std::size_t i = 0; i < session.lineItems.size(); ++i) {
    const Json& price = session.lineItems[i]["price"];
    const std::string priceId = price["id"], productId = price["product"];
    if (account.prices.find(priceId) == nullptr) account.madeForLines[priceId] = {session.id, i};
    if (account.products.find(productId) == nullptr) account.madeForLines[productId] = {session.id, i};
  }
}

}  // namespace checkout::sandbox

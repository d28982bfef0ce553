#include "app/config/catalog_reader.hpp"

#include <unordered_map>

#include "app/config/checks.hpp"
#include "app/config/schema_check.hpp"

namespace checkout::app {
namespace {

void checkWeight(const Node& node, ProductKind kind, std::vector<ConfigProblem>& problems) {
  const Node weight = node["weight_grams"];
  if (kind == ProductKind::Physical && !weight.exists())
    problems.push_back(node.problem("a physical product needs weight_grams", "shipping is priced by weight"));
  if (kind == ProductKind::Digital && weight.exists())
    problems.push_back(
        weight.problem("a digital product has no weight", "leave weight_grams out, or set kind to physical"));
}

void checkPrice(const Node& price, const Currency& currency, std::vector<ConfigProblem>& problems) {
  checkChargeable(price, currency, problems);
  const auto amount = price.integer();
  const std::int64_t least = minimumCharge(currency);
  if (amount && *amount > 0 && *amount < least)
    problems.push_back(
        price.problem(std::string("expected at least ").append(display({least, currency})),
                      std::string("Stripe takes no smaller payment; amounts are in the smallest unit, "
                                  "so this is ")
                          .append(display({*amount, currency}))));
  const std::int64_t most = maximumCharge(currency);
  if (amount && *amount > most)
    problems.push_back(price.problem(std::string("expected at most ").append(display({most, currency})),
                                     "Stripe takes no larger payment in this currency"));
}

std::vector<Product> readList(const Node& list, const Currency& currency,
                              std::vector<ConfigProblem>& problems) {
  std::vector<Product> products;
  std::unordered_map<std::string, std::size_t> seen;
  for (const Node& node : list.items()) {
    const auto id = node["id"].text();
    const auto name = node["name"].text();
    const auto price = node["price"].integer();
    const auto kind = node["kind"].text();
    if (id && !seen.emplace(*id, products.size()).second)
      problems.push_back(
          node["id"].problem(std::string("another product has the id \"").append(*id).append("\" already"),
                             "ids are unique within a tenant"));
    if (price) checkPrice(node["price"], currency, problems);
    if (!id || !name || !price || !kind) continue;  // the schema check reports what is missing
    Product product;
    product.id = {*id};
    product.name = *name;
    product.description = node["description"].text().value_or("");
    product.category = node["category"].text().value_or("");
    product.price = {*price, currency};
    product.kind = *kind == "digital" ? ProductKind::Digital : ProductKind::Physical;
    product.weightGrams = node["weight_grams"].integer().value_or(0);
    product.initialStock = node["stock"].integer();
    product.imageUrl = node["image_url"].text();
    product.keywords = node["keywords"].texts();
    checkWeight(node, product.kind, problems);
    products.push_back(std::move(product));
  }
  return products;
}

}  // namespace

std::vector<Product> readProducts(const Node& catalog, const Currency& currency,
                                  std::vector<ConfigProblem>& problems) {
  const bool hasProducts = catalog["products"].exists();
  const auto path = catalog["file"].text();
  if (catalog.isObject() && hasProducts == catalog["file"].exists())
    problems.push_back(catalog.problem("expected either products or file"));
  if (!path || hasProducts) return readList(catalog["products"], currency, problems);
  const auto file = Document::read(catalog.document().resolve(*path), problems);
  if (!file) return {};
  checkAgainstSchema(*file, "products_file", problems);
  return readList(Node(*file)["products"], currency, problems);
}

std::vector<std::vector<std::string>> readSynonyms(const Node& catalog) {
  std::vector<std::vector<std::string>> groups;
  for (const Node& group : catalog["synonyms"].items()) groups.push_back(group.texts());
  return groups;
}

}  // namespace checkout::app

#include <algorithm>

#include "tools/function_tool.hpp"
#include "tools/products.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

constexpr std::size_t kMostCategories = 100;  // named where nothing was found

Result<CatalogQuery> queryOf(const Arguments& arguments) {
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
  return query;
}

Result<Json> hitsOf(const ToolServices& services, const Tenant& tenant,
                    const std::vector<Product>& products) {
  return readFor<Json>(services.store, [&](Transaction& tx) -> Result<Json> {
    Json hits = Json::array();
    for (const Product& product : products) {
      Json hit = productView(product);
      CHECKOUT_ASSIGN(available, availableOf(tx, tenant, product.id));
      if (available) hit["available"] = *available;
      hits.push_back(std::move(hit));
    }
    return hits;
  });
}

// For a limit of 25 that excludes everything, where a limit of $25.00 would not: how $25.00 is written.
std::string meantInWholeUnits(const CatalogQuery& query, const Money& cheapest) {
  const Result<int> exponent = exponentOf(cheapest.currency);
  if (!exponent || *exponent == 0 || !query.maxPrice || *query.maxPrice >= cheapest.amount) return {};
  std::int64_t inSmallest = *query.maxPrice;
  for (int i = 0; i < *exponent; ++i) inSmallest *= 10;
  if (inSmallest < cheapest.amount) return {};
  return " Prices count the smallest unit, so maxPrice " + std::to_string(*query.maxPrice) + " is " +
         display({*query.maxPrice, cheapest.currency}) + "; if " + display({inSmallest, cheapest.currency}) +
         " was meant, pass " + std::to_string(inSmallest) + ".";
}

std::string whyNothing(const CatalogQuery& query, const CatalogPage& page) {
  if (page.cheapest) {
    const std::string low = display(*page.cheapest), high = display(*page.dearest);
    return "There are matches, but not at this price: they cost " +
           (low == high ? low : low + " to " + high) + "." + meantInWholeUnits(query, *page.cheapest);
  }
  if (query.text.empty() && query.category.empty()) return "This shop has no products.";
  std::string hint = query.category.empty() ? "No product matches. "
                                            : "No product of category \"" + query.category + "\" matches. ";
  if (!page.didYouMean.empty()) return hint + "Search for a word of didYouMean, if that was meant.";
  return hint +
         "Try fewer or other words, or browse one of categories. If nothing there fits, tell the customer "
         "that "
         "the shop doesn't sell it.";
}

std::string hintFor(const CatalogQuery& query, const CatalogPage& page) {
  if (page.products.empty()) return whyNothing(query, page);
  const bool hasUnknownWords = !page.didYouMean.empty();
  if (page.everyWord)
    return hasUnknownWords ? "Some words are unknown here; these match the nearest known ones (didYouMean)."
                           : "";
  return std::string("No product matches every word; these match some of them.") +
         (hasUnknownWords ? " didYouMean has known words that are near to the unknown ones." : "");
}

Result<Json> catalogSearch(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  CHECKOUT_ASSIGN(query, queryOf(arguments));
  CHECKOUT_ASSIGN(page, tenant->catalog->search(query));
  CHECKOUT_ASSIGN(products, hitsOf(services, *tenant, page.products));
  Json result = {{"products", std::move(products)},
                 {"catalog_version", tenant->catalog->version()},
                 {"fetched_at", toIso8601(services.clock.now())}};
  if (query.minPrice) result["minPrice"] = toJson(Money{*query.minPrice, tenant->currency});
  if (query.maxPrice) result["maxPrice"] = toJson(Money{*query.maxPrice, tenant->currency});
  if (!page.didYouMean.empty()) result["didYouMean"] = page.didYouMean;
  if (page.products.empty()) {
    std::vector<std::string> categories = tenant->catalog->categories();
    categories.resize(std::min(categories.size(), kMostCategories));
    result["categories"] = std::move(categories);
  }
  if (std::string hint = hintFor(query, page); !hint.empty()) result["hint"] = std::move(hint);
  if (!page.nextCursor.empty()) result["nextCursor"] = page.nextCursor;
  return result;
}

}  // namespace

std::unique_ptr<Tool> makeCatalogSearch(const ToolServices& services) {
  return makeTool("catalog_search", services, catalogSearch);
}

}  // namespace checkout::tools

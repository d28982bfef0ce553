// Products of a tenant and the port that finds them. Prices come from here and never from an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <checkout/ids.hpp>
#include <checkout/money.hpp>

namespace checkout {

enum class ProductKind { Physical, Digital };

struct Product {
  ProductId id;
  std::string name;
  std::string description;
  std::string category;
  Money price;
  ProductKind kind = ProductKind::Physical;
  std::int64_t weightGrams = 0;              // 0 for digital goods
  std::optional<std::int64_t> initialStock;  // nullopt: never sells out
  std::optional<std::string> imageUrl;
  std::vector<std::string> keywords = {};  // further words by which it is found
};

struct CatalogQuery {
  std::string text;      // empty: everything. Looked for in name, keywords, id, category, description
  std::string category;  // empty: any. Case, accents and the plural don't count
  std::optional<std::int64_t> minPrice, maxPrice;  // smallest unit, inclusive
  int limit = 20;
  std::string cursor;  // empty: from the start
};

struct CatalogPage {
  std::vector<Product> products;
  std::string nextCursor;  // empty: the last page
  bool everyWord = true;   // false: no product has all words of the text; these have most of them
  std::vector<std::string> didYouMean;  // known words in place of the text's unknown ones, nearest first
  // Prices of all that match text and category, whatever minPrice and maxPrice say; nullopt if nothing does.
  std::optional<Money> cheapest, dearest;
};

// One tenant's catalogue. Thread-safe; returned values are copies.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual std::string version() const = 0;  // changes when any product does
  // Best match first; the order of equal ones is always the same, so that pages neither repeat nor miss any.
  // ValidationFailed for a cursor that this catalogue did not make.
  virtual Result<CatalogPage> search(const CatalogQuery& query) const = 0;
  virtual std::optional<Product> find(const ProductId& id) const = 0;
  // Products that a caller who mistyped `id` may have meant, best first, at most `limit`.
  virtual std::vector<Product> similar(const std::string& id, int limit) const = 0;
  virtual std::vector<Product> all() const = 0;
  virtual std::vector<std::string> categories() const = 0;  // each once, in the merchant's order
};

}  // namespace checkout

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
};

struct CatalogQuery {
  std::string text;      // empty: everything. Words are matched against name, description, category, id
  std::string category;  // empty: any
  std::optional<std::int64_t> minPrice, maxPrice;  // smallest unit, inclusive
  int limit = 20;
  std::string cursor;  // empty: from the start
};

struct CatalogPage {
  std::vector<Product> products;
  std::string nextCursor;  // empty: the last page
};

// One tenant's catalogue. Thread-safe; returned values are copies.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual std::string version() const = 0;  // changes when any product does
  // ValidationFailed for a cursor that this catalogue did not make.
  virtual Result<CatalogPage> search(const CatalogQuery& query) const = 0;
  virtual std::optional<Product> find(const ProductId& id) const = 0;
  // Products that a caller who mistyped `id` may have meant, best first, at most `limit`.
  virtual std::vector<Product> similar(const std::string& id, int limit) const = 0;
  virtual std::vector<Product> all() const = 0;
};

}  // namespace checkout

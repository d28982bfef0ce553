#include <algorithm>

#include <checkout/cart.hpp>

#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {
namespace {

struct Reservation {
  std::int64_t quantity = 0;
  std::string state;
};

// More than any shelf has, and far from where sums of 64 bits end.
constexpr std::int64_t kMostPieces = 1'000'000'000'000;

Result<void> checkCount(const ProductId& productId, std::int64_t count) {
  if (count >= 0 && count <= kMostPieces) return {};
  return Error(ErrorCode::ValidationFailed, "The stock of " + productId.value + " can't be " +
                                                std::to_string(count) +
                                                "; it is from 0 to 1,000,000,000,000.");
}

}  // namespace

struct SqlStock::Move {
  std::string_view from, to;
  std::int64_t reserved, sold;  // what one piece adds to each counter
};

// A row whose `configured` is NULL is untracked; it stays for the reservations that refer to it, and for what
// was sold.
Result<void> SqlStock::declare(const TenantId& tenantId, const ProductId& productId,
                               std::int64_t configured) {
  CHECKOUT_TRY(checkCount(productId, configured));
  return run(session_,
             "INSERT INTO stock (tenant_id, product_id, initial, configured) VALUES (?, ?, ?, ?)"
             " ON CONFLICT (tenant_id, product_id) DO UPDATE SET configured = excluded.configured, initial ="
             " stock.sold + CASE WHEN excluded.configured > stock.reserved THEN excluded.configured"
             " ELSE stock.reserved END"
             " WHERE stock.configured IS NULL OR stock.configured <> excluded.configured",
             {tenantId.value, productId.value, configured, configured});
}

Result<void> SqlStock::undeclare(const TenantId& tenantId, const ProductId& productId) {
  return run(session_,
             "UPDATE stock SET configured = NULL"
             " WHERE tenant_id = ? AND product_id = ? AND configured IS NOT NULL",
             {tenantId.value, productId.value});
}

Result<StockLevel> SqlStock::setOnShelf(const TenantId& tenantId, const ProductId& productId,
                                        std::int64_t count) {
  CHECKOUT_TRY(checkCount(productId, count));
  CHECKOUT_ASSIGN(level, findTracked(tenantId, productId));
  return setFree(tenantId, productId, level, count - level.reserved);
}

Result<StockLevel> SqlStock::adjust(const TenantId& tenantId, const ProductId& productId,
                                    std::int64_t difference) {
  CHECKOUT_ASSIGN(level, findTracked(tenantId, productId));
  if (difference > kMostPieces || difference < -kMostPieces)
    return Error(ErrorCode::ValidationFailed,
                 "The stock of " + productId.value + " can't change by " + std::to_string(difference) + ".");
  if (level.free() + difference < 0)
    return Error(ErrorCode::ValidationFailed,
                 "The stock of " + productId.value + " can't change by " + std::to_string(difference) + ": " +
                     std::to_string(level.onShelf()) + " are on the shelf, and open payments hold " +
                     std::to_string(level.reserved) + " of them. Set what is on the shelf instead.");
  return setFree(tenantId, productId, level, level.free() + difference);
}

Result<StockLevel> SqlStock::setFree(const TenantId& tenantId, const ProductId& productId,
                                     const StockLevel& level, std::int64_t free) {
  StockLevel changed = level;
  changed.initial = level.reserved + level.sold + std::max(free, std::int64_t{0});
  CHECKOUT_TRY(run(session_, "UPDATE stock SET initial = ? WHERE tenant_id = ? AND product_id = ?",
                   {changed.initial, tenantId.value, productId.value}));
  return changed;
}

Result<std::vector<ProductStock>> SqlStock::list(const TenantId& tenantId) {
  return queryAll<ProductStock>(
      session_,
      "SELECT product_id, initial, reserved, sold FROM stock"
      " WHERE tenant_id = ? AND configured IS NOT NULL ORDER BY product_id",
      {tenantId.value}, [](const Row& row) -> Result<ProductStock> {
        return ProductStock{ProductId{textOf(row, 0)}, {row.integer(1), row.integer(2), row.integer(3)}};
      });
}

Result<StockLevel> SqlStock::findTracked(const TenantId& tenantId, const ProductId& productId) {
  CHECKOUT_ASSIGN(level, find(tenantId, productId));
  if (level) return *level;
  return Error(ErrorCode::ValidationFailed,
               "The stock of " + productId.value + " of tenant " + tenantId.value +
                   " is not counted: the product has no `stock` in the configuration.");
}

Result<std::optional<StockLevel>> SqlStock::find(const TenantId& tenantId, const ProductId& productId) {
  return queryOne<StockLevel>(session_,
                              "SELECT initial, reserved, sold FROM stock"
                              " WHERE tenant_id = ? AND product_id = ? AND configured IS NOT NULL",
                              {tenantId.value, productId.value}, [](const Row& row) -> Result<StockLevel> {
                                return StockLevel{row.integer(0), row.integer(1), row.integer(2)};
                              });
}

Result<void> SqlStock::hold(const TenantId& tenantId, const SagaId& sagaId, const ProductId& productId,
                            int quantity) {
  if (quantity < 1 || quantity > kMaxQuantity)
    return Error(ErrorCode::ValidationFailed, "From 1 to " + std::to_string(kMaxQuantity) + " pieces of " +
                                                  productId.value + " can be held, not " +
                                                  std::to_string(quantity) + ".");
  CHECKOUT_ASSIGN(level, find(tenantId, productId));
  if (!level) return {};
  CHECKOUT_ASSIGN(before, queryOne<Reservation>(session_,
                                                "SELECT quantity, state FROM reservations"
                                                " WHERE tenant_id = ? AND saga_id = ? AND product_id = ?",
                                                {tenantId.value, sagaId.value, productId.value},
                                                [](const Row& row) -> Result<Reservation> {
                                                  return Reservation{row.integer(0), textOf(row, 1)};
                                                }));
  if (before && before->state == "sold")
    return Error(ErrorCode::InvalidState,
                 "The pieces of " + productId.value + " are sold to this checkout already.");

  const std::int64_t held = before && before->state == "held" ? before->quantity : 0;
  const std::int64_t more = quantity - held;
  CHECKOUT_ASSIGN(
      changed, session_.execute("UPDATE stock SET reserved = reserved + ?"
                                " WHERE tenant_id = ? AND product_id = ? AND initial - reserved - sold >= ?",
                                {more, tenantId.value, productId.value, more}));
  if (changed == 0) {
    const std::int64_t available = level->free() + held;
    return Error(ErrorCode::InventoryUnavailable,
                 "Only " + std::to_string(available) + " of " + productId.value + " can be had, not " +
                     std::to_string(quantity) + ".",
                 {{"productId", productId.value}, {"requested", quantity}, {"available", available}});
  }
  return run(
      session_,
      "INSERT INTO reservations (tenant_id, saga_id, product_id, quantity, state) VALUES (?, ?, ?, ?, 'held')"
      " ON CONFLICT (tenant_id, saga_id, product_id) DO UPDATE"
      " SET quantity = excluded.quantity, state = excluded.state",
      {tenantId.value, sagaId.value, productId.value, quantity});
}

Result<void> SqlStock::releaseAll(const TenantId& tenantId, const SagaId& sagaId) {
  return moveAll(tenantId, sagaId, {"held", "released", -1, 0});
}

Result<void> SqlStock::sellAll(const TenantId& tenantId, const SagaId& sagaId) {
  return moveAll(tenantId, sagaId, {"held", "sold", -1, +1});
}

Result<void> SqlStock::restockAll(const TenantId& tenantId, const SagaId& sagaId) {
  return moveAll(tenantId, sagaId, {"sold", "released", 0, -1});
}

Result<void> SqlStock::moveAll(const TenantId& tenantId, const SagaId& sagaId, const Move& move) {
  struct Line {
    std::string productId;
    std::int64_t quantity = 0;
  };
  // In the order of the key, so that two sagas never lock the same products crosswise.
  CHECKOUT_ASSIGN(
      lines, queryAll<Line>(session_,
                            "SELECT product_id, quantity FROM reservations"
                            " WHERE tenant_id = ? AND saga_id = ? AND state = ? ORDER BY product_id",
                            {tenantId.value, sagaId.value, move.from}, [](const Row& row) -> Result<Line> {
                              return Line{textOf(row, 0), row.integer(1)};
                            }));
  for (const Line& line : lines)
    CHECKOUT_TRY(
        run(session_,
            "UPDATE stock SET reserved = reserved + ?, sold = sold + ?"
            " WHERE tenant_id = ? AND product_id = ?",
            {move.reserved * line.quantity, move.sold * line.quantity, tenantId.value, line.productId}));
  return run(session_, "UPDATE reservations SET state = ? WHERE tenant_id = ? AND saga_id = ? AND state = ?",
             {move.to, tenantId.value, sagaId.value, move.from});
}

}  // namespace checkout::store::sql

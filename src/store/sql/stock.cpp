#include <checkout/cart.hpp>

#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {
namespace {

struct Reservation {
  std::int64_t quantity = 0;
  std::string state;
};

}  // namespace

struct SqlStock::Move {
  std::string_view from, to;
  std::int64_t reserved, sold;  // what one piece adds to each counter
};

Result<void> SqlStock::declare(const TenantId& tenantId, const ProductId& productId, std::int64_t initial) {
  if (initial < 0)
    return Error(ErrorCode::ValidationFailed, "The stock of " + productId.value + " can't be " +
                                                  std::to_string(initial) + "; it is 0 or more.");
  return run(session_,
             "INSERT INTO stock (tenant_id, product_id, initial) VALUES (?, ?, ?)"
             " ON CONFLICT (tenant_id, product_id) DO UPDATE SET initial ="
             " CASE WHEN excluded.initial > stock.reserved + stock.sold THEN excluded.initial"
             " ELSE stock.reserved + stock.sold END"
             " WHERE stock.initial <> excluded.initial",
             {tenantId.value, productId.value, initial});
}

Result<std::optional<StockLevel>> SqlStock::find(const TenantId& tenantId, const ProductId& productId) {
  return queryOne<StockLevel>(
      session_, "SELECT initial, reserved, sold FROM stock WHERE tenant_id = ? AND product_id = ?",
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

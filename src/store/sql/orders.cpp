#include "store/sql/mapping.hpp"
#include "store/sql/paging.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {
namespace {

Result<Order> toOrder(const Row& row, int column) {
  CHECKOUT_ASSIGN(document, documentOf(row, column));
  return orderFromDocument(document);
}

}  // namespace

Result<std::optional<Order>> SqlOrders::find(const TenantId& tenantId, const OrderId& orderId) {
  return queryOne<Order>(session_, "SELECT doc FROM orders WHERE tenant_id = ? AND order_id = ?",
                         {tenantId.value, orderId.value}, [](const Row& row) { return toOrder(row, 0); });
}

Result<OrderPage> SqlOrders::list(const TenantId& tenantId, const UserId& userId, int limit,
                                  const std::string& cursor) {
  const CursorScope scope = {"orders", tenantId.value, userId.value};
  CHECKOUT_ASSIGN(bounds, pageBounds(limit, cursor, scope));
  CHECKOUT_ASSIGN(
      page, queryPage<Order>(session_,
                             "SELECT seq, doc FROM orders WHERE tenant_id = ? AND user_id = ? AND seq < ?"
                             " ORDER BY seq DESC LIMIT ?",
                             {tenantId.value, userId.value, bounds.before, bounds.rows}, limit, scope,
                             [](const Row& row) { return toOrder(row, 1); }));
  return OrderPage{std::move(page.items), std::move(page.nextCursor)};
}

Result<void> SqlOrders::save(const Order& order) {
  return run(
      session_,
      "INSERT INTO orders (tenant_id, order_id, saga_id, user_id, seq, status, created_at, updated_at, doc)"
      " VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM orders WHERE tenant_id = ? AND user_id = "
      "?),"
      " ?, ?, ?, ?) ON CONFLICT (tenant_id, order_id) DO UPDATE"
      " SET status = excluded.status, updated_at = excluded.updated_at, doc = excluded.doc",
      {order.tenantId.value, order.id.value, order.sagaId.value, order.userId.value, order.tenantId.value,
       order.userId.value, toString(order.status), toUnixMillis(order.createdAt),
       toUnixMillis(order.updatedAt), orderToDocument(order).dump()});
}

}  // namespace checkout::store::sql

#include "store/sql/mapping.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sql {

Result<std::optional<CustomerRecord>> SqlCustomers::find(const TenantId& tenant, const UserId& user) {
  return queryOne<CustomerRecord>(
      session_, "SELECT customer_id, is_gone FROM customers WHERE tenant_id = ? AND user_id = ?",
      {tenant.value, user.value}, [](const Row& row) -> Result<CustomerRecord> {
        return CustomerRecord{textOf(row, 0), row.integer(1) != 0};
      });
}

Result<void> SqlCustomers::save(const TenantId& tenant, const UserId& user, const CustomerRecord& record) {
  return run(session_,
             "INSERT INTO customers (tenant_id, user_id, customer_id, is_gone) VALUES (?, ?, ?, ?)"
             " ON CONFLICT (tenant_id, user_id) DO UPDATE SET customer_id = excluded.customer_id,"
             " is_gone = excluded.is_gone",
             {tenant.value, user.value, record.customerId, std::int64_t{record.isGone ? 1 : 0}});
}

}  // namespace checkout::store::sql

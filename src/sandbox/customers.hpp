// /v1/customers
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

Result<Json> createCustomer(Call& call);
Result<Json> getCustomer(Call& call);
Result<Json> listCustomers(Call& call);
Result<Json> updateCustomer(Call& call);
Result<Json> deleteCustomer(Call& call);

ParameterTable customerCreateParameters();
ParameterTable customerUpdateParameters();

// A customer with what `details` says: email, name, address, phone, metadata …
Record& addCustomer(World& world, Account& account, const Json& details);
// The customer that the parameter `customer` names, unless it was deleted.
Result<Record*> findCustomer(Account& account, const std::string& id);

}  // namespace checkout::sandbox

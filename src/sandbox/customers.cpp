#include "sandbox/customers.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "sandbox/events.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/objects.hpp"
#include "sandbox/payment_methods.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Parameter kCustomer[] = {
    {"address[city]"},
    {"address[country]"},
    {"address[line1]"},
    {"address[line2]"},
    {"address[postal_code]"},
    {"address[state]"},
    {"balance", Kind::Unsupported},
    {"business_name"},
    {"cash_balance", Kind::Unsupported},
    {"description"},
    {"email", Kind::Email},
    {"individual_name"},
    {"invoice_prefix", Kind::Unsupported},
    {"invoice_settings", Kind::Unsupported},
    {"name"},
    {"next_invoice_sequence", Kind::Unsupported},
    {"payment_method", Kind::Unsupported},
    {"phone"},
    {"preferred_locales[]"},
    {"shipping[address][city]"},
    {"shipping[address][country]"},
    {"shipping[address][line1]"},
    {"shipping[address][line2]"},
    {"shipping[address][postal_code]"},
    {"shipping[address][state]"},
    {"shipping[name]"},
    {"shipping[phone]"},
    {"source", Kind::Unsupported},
    {"tax", Kind::Unsupported},
    {"tax_exempt", Kind::Choice, "none"},
    {"tax_id_data", Kind::Unsupported},
    {"test_clock", Kind::Unsupported},
    {"validate", Kind::Unsupported},
};
constexpr Parameter kNewMetadata[] = {{"metadata", Kind::Metadata}};
constexpr Parameter kChangedMetadata[] = {{"metadata", Kind::MetadataChange}};
constexpr auto kCustomerCreate = joined(kCustomer, kNewMetadata);
constexpr auto kCustomerUpdate = joined(kCustomer, kChangedMetadata);

// Members that a request sets as they are.
constexpr std::initializer_list<const char*> kPlain = {
    "business_name", "description", "email", "individual_name", "name", "phone", "preferred_locales"};

void change(Json& object, const Json& given) {
  changeMembers(object, given, kPlain);
  if (given.contains("address"))
    object["address"] = given["address"].is_object() ? addressObject(given["address"]) : Json(nullptr);
  if (given.contains("shipping")) object["shipping"] = shippingObject(given["shipping"]);
}

}  // namespace

ParameterTable customerCreateParameters() {
  return kCustomerCreate;
}
ParameterTable customerUpdateParameters() {
  return kCustomerUpdate;
}

Record& addCustomer(World& world, Account& account, const Json& details) {
  const std::string id = newId("cus");
  std::string prefix = randomHex(4);
  std::transform(prefix.begin(), prefix.end(), prefix.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  Record customer{id,
                  {{"id", id},
                   {"object", "customer"},
                   {"address", nullptr},
                   {"balance", 0},
                   {"created", world.nowSeconds()},
                   {"currency", nullptr},
                   {"customer_account", nullptr},
                   {"default_source", nullptr},
                   {"delinquent", false},
                   {"description", nullptr},
                   {"discount", nullptr},
                   {"email", nullptr},
                   {"invoice_prefix", prefix},
                   {"invoice_settings",
                    {{"custom_fields", nullptr},
                     {"default_payment_method", nullptr},
                     {"footer", nullptr},
                     {"rendering_options", nullptr}}},
                   {"livemode", false},
                   {"metadata", details.value("metadata", Json::object())},
                   {"name", nullptr},
                   {"next_invoice_sequence", 1},
                   {"phone", nullptr},
                   {"preferred_locales", Json::array()},
                   {"shipping", nullptr},
                   {"tax_exempt", "none"},
                   {"test_clock", nullptr}}};
  change(customer.object, details);
  Record& added = account.customers.add(std::move(customer));
  emit(world, account, "customer.created", added.object);
  return added;
}

Result<Record*> findCustomer(Account& account, const std::string& id) {
  Record* customer = account.customers.find(id);
  if (customer == nullptr || customer->deleted) return noSuchIn("customer", "customer", id);
  return customer;
}

namespace {

Result<Record*> customerOfPath(Call& call) {
  Record* customer = call.account.customers.find(call.id);
  if (customer == nullptr || customer->deleted) return noSuch("customer", call.id);
  return customer;
}

}  // namespace

Result<Json> createCustomer(Call& call) {
  return addCustomer(call.world, call.account, call.parameters).object;
}

Result<Json> getCustomer(Call& call) {
  return getObject(call.account.customers, call.id, "customer");
}

Result<Json> listCustomers(Call& call) {
  return listObjects(call.account.customers, call.parameters, "/v1/customers", "customer", {"email"});
}

Result<Json> updateCustomer(Call& call) {
  CHECKOUT_ASSIGN(customer, customerOfPath(call));
  CHECKOUT_TRY(changeMetadata(customer->object, call.parameters));
  change(customer->object, call.parameters);
  emit(call.world, call.account, "customer.updated", customer->object);
  return customer->object;
}

Result<Json> deleteCustomer(Call& call) {
  CHECKOUT_ASSIGN(customer, customerOfPath(call));
  emit(call.world, call.account, "customer.deleted", customer->object);
  customer->deleted = true;
  for (Method& method : call.account.methods.rows())
    if (method.object["customer"] == call.id) detachMethod(call.world, call.account, method);
  customer->object = {{"id", call.id}, {"object", "customer"}, {"deleted", true}};
  return customer->object;
}

}  // namespace checkout::sandbox

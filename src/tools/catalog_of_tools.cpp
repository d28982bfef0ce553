#include "tools/catalog_of_tools.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/embedded.hpp"
#include "tools/tenant_header.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Tool> (*make)(const ToolServices&);
  ProviderUse provider = ProviderUse::None;
};

constexpr Entry kTools[] = {
    {"federation_list_tenants", makeFederationListTenants},
    {"federation_tenant_info", makeFederationTenantInfo},
    {"federation_help", makeFederationHelp},
    {"federation_catalog_version", makeFederationCatalogVersion},
    {"catalog_search", makeCatalogSearch},
    {"catalog_get_product", makeCatalogGetProduct},
    {"cart_add_item", makeCartAddItem},
    {"cart_update_quantity", makeCartUpdateQuantity},
    {"cart_remove_item", makeCartRemoveItem},
    {"cart_view", makeCartView},
    {"cart_clear", makeCartClear},
    {"checkout_start", makeCheckoutStart, ProviderUse::Needed},
    {"checkout_pay", makeCheckoutPay, ProviderUse::Needed},
    {"checkout_shipping_options", makeCheckoutShippingOptions},
    {"checkout_select_shipping", makeCheckoutSelectShipping, ProviderUse::Needed},
    {"checkout_create_payment_session", makeCheckoutCreatePaymentSession, ProviderUse::Needed},
    {"checkout_status", makeCheckoutStatus, ProviderUse::Optional},
    {"checkout_list", makeCheckoutList},
    {"checkout_retry", makeCheckoutRetry, ProviderUse::Needed},
    {"checkout_cancel", makeCheckoutCancel, ProviderUse::Needed},
    {"orders_get", makeOrdersGet},
    {"orders_list", makeOrdersList},
    {"postPaymentIntentsIntentConfirm", makePostPaymentIntentsIntentConfirm, ProviderUse::Needed},
};

std::string_view descriptorOf(std::string_view name) {
  const auto files = embedded::toolSchemas();
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const auto& each) { return each.name == name; });
  if (file == files.end()) std::abort();  // a tool without a schema was built
  return file->text;
}

}  // namespace

std::vector<RegisteredTool> allTools(const ToolServices& services, TenantHeader header) {
  std::vector<RegisteredTool> tools;
  for (const Entry& entry : kTools) {
    const std::string_view descriptor = descriptorOf(entry.name);
    tools.push_back(
        {header == TenantHeader::Mirrored ? withTenantHeader(descriptor) : std::string(descriptor),
         entry.make(services), entry.provider});
  }
  return tools;
}

}  // namespace checkout::tools

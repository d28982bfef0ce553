// Every tool's maker. Each is defined in the file that bears the tool's name (schemas/tools/<name>.json has
// its contract).
#pragma once

#include <memory>

#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

std::unique_ptr<Tool> makeFederationListTenants(const ToolServices& services);
std::unique_ptr<Tool> makeFederationTenantInfo(const ToolServices& services);
std::unique_ptr<Tool> makeFederationHelp(const ToolServices& services);
std::unique_ptr<Tool> makeFederationCatalogVersion(const ToolServices& services);
std::unique_ptr<Tool> makeCatalogSearch(const ToolServices& services);
std::unique_ptr<Tool> makeCatalogGetProduct(const ToolServices& services);
std::unique_ptr<Tool> makeCartAddItem(const ToolServices& services);
std::unique_ptr<Tool> makeCartUpdateQuantity(const ToolServices& services);
std::unique_ptr<Tool> makeCartRemoveItem(const ToolServices& services);
std::unique_ptr<Tool> makeCartView(const ToolServices& services);
std::unique_ptr<Tool> makeCartClear(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutStart(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutShippingOptions(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutSelectShipping(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutCreatePaymentSession(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutStatus(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutList(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutPay(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutRetry(const ToolServices& services);
std::unique_ptr<Tool> makeCheckoutCancel(const ToolServices& services);
std::unique_ptr<Tool> makeOrdersGet(const ToolServices& services);
std::unique_ptr<Tool> makeOrdersList(const ToolServices& services);
std::unique_ptr<Tool> makePostPaymentIntentsIntentConfirm(const ToolServices& services);

}  // namespace checkout::tools

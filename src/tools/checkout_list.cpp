#include "tools/function_tool.hpp"
#include "tools/sagas.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

Result<std::optional<SagaStatus>> statusFilter(const Arguments& arguments) {
  const std::optional<std::string> name = arguments.optionalText("status");
  if (!name) return std::optional<SagaStatus>();
  if (const auto status = sagaStatusFromString(*name)) return status;
  return Error(ErrorCode::ValidationFailed, "No checkout status has this name; see the tool's inputSchema.",
               {{"argument", "status"}});
}

Result<Json> checkoutList(const ToolServices& services, const Arguments& arguments, CallContext&) {
  CHECKOUT_ASSIGN(tenant, tenantOf(services, arguments));
  CHECKOUT_ASSIGN(status, statusFilter(arguments));
  SagaPageQuery query;
  query.userId = arguments.id<UserId>("userId");
  query.status = status;
  query.limit = arguments.limit();
  query.cursor = arguments.optionalText("cursor").value_or("");
  CHECKOUT_ASSIGN(page, services.checkouts.list(tenant->id, query));
  Json sagas = Json::array();
  for (const Saga& saga : page.sagas) sagas.push_back(saga::sagaSummary(saga));
  Json result = {{"sagas", std::move(sagas)}};
  if (!page.nextCursor.empty()) result["nextCursor"] = page.nextCursor;
  return result;
}

}  // namespace

std::unique_ptr<Tool> makeCheckoutList(const ToolServices& services) {
  return makeTool("checkout_list", services, checkoutList);
}

}  // namespace checkout::tools

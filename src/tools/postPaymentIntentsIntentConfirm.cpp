#include <algorithm>

#include "base/embedded.hpp"
#include "tools/function_tool.hpp"
#include "tools/tenants.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

constexpr std::string_view kName = "postPaymentIntentsIntentConfirm";

// What Stripe's confirm call takes, under Stripe's names: every argument but the three that are ours.
Json stripeParameters(const Arguments& arguments) {
  Json parameters = arguments.all();
  for (const char* ours : {"intent", "tenant_id", "auth_token"}) parameters.erase(ours);
  return parameters;
}

const Json& promisedMembers() {
  static const Json kMembers = [] {
    const auto files = embedded::toolSchemas();
    const auto own = std::ranges::find(files, kName, &EmbeddedFile::name);
    return Json::parse(own->text)["outputSchema"]["properties"];
  }();
  return kMembers;
}

bool isPromised(const Json& schema, const Json& value) {
  const auto values = schema.find("enum");
  return values == schema.end() || std::ranges::find(*values, value) != values->end();
}

// Stripe adds values to its lists at any time, and strict clients throw an answer away that has one. What
// can't be told is left out; a status of tomorrow is none that ends a payment.
void leaveOutUnknownValues(Json& intent) {
  for (const auto& [name, schema] : promisedMembers().items()) {
    const auto value = intent.find(name);
    if (value == intent.end()) continue;
    if (value->is_array() && schema.contains("items")) {
      Json known = Json::array();
      for (const Json& item : *value)
        if (isPromised(schema["items"], item)) known.push_back(item);
      *value = std::move(known);
    } else if (!isPromised(schema, *value)) {
      if (name == "status")
        *value = "processing";
      else
        intent.erase(value);
    }
  }
}

Result<Json> postPaymentIntentsIntentConfirm(const ToolServices& services, const Arguments& arguments,
                                             CallContext&) {
  CHECKOUT_ASSIGN(tenant, onlySellingTenantOf(services, arguments));
  const ConfirmRequest request{arguments.text("intent"), stripeParameters(arguments)};
  CHECKOUT_ASSIGN(confirmed, services.checkouts.confirmIntent(tenant->id, request));
  Json result = std::move(confirmed.paymentIntent);
  result.erase("client_secret");
  leaveOutUnknownValues(result);
  if (confirmed.nextAction) result["nextAction"] = toJson(*confirmed.nextAction);
  return result;
}

}  // namespace

std::unique_ptr<Tool> makePostPaymentIntentsIntentConfirm(const ToolServices& services) {
  return makeTool(kName, services, postPaymentIntentsIntentConfirm, Reading::Literal);
}

}  // namespace checkout::tools

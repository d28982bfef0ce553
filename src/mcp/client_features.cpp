#include "mcp/client_features.hpp"

namespace checkout::mcp {
namespace {

bool hasObject(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_object();
}

}  // namespace

ClientFeatures featuresOf(const Json& capabilities, Revision revision) {
  ClientFeatures client;
  client.sampling = hasObject(capabilities, "sampling");
  client.roots = hasObject(capabilities, "roots");
  if (revision < Revision::V2025_06_18 || !hasObject(capabilities, "elicitation")) return client;
  const Json& elicitation = capabilities["elicitation"];
  client.elicitUrl = revision >= Revision::V2025_11_25 && hasObject(elicitation, "url");
  // Without either mode, forms are meant (client/elicitation, "Capabilities").
  client.elicitForm = hasObject(elicitation, "form") || !hasObject(elicitation, "url");
  return client;
}

std::optional<RpcError> missingFeatures(const InputNeeded& needed, const ClientFeatures& client,
                                        Revision revision) {
  Json missing = Json::object();
  for (const InputRequest& request : needed.requests) {
    if (request.method == "sampling/createMessage" && !client.sampling) missing["sampling"] = Json::object();
    if (request.method == "roots/list" && !client.roots) missing["roots"] = Json::object();
    if (request.method != "elicitation/create") continue;
    const bool url = request.params.value("mode", "form") == "url";
    if (url ? !client.elicitUrl : !client.elicitForm)
      missing["elicitation"][url ? "url" : "form"] = Json::object();
  }
  if (missing.empty()) return std::nullopt;
  return RpcError{kMissingClientCapability,
                  "This needs a client that declares the capabilities " + dumpJson(missing) + ".",
                  {{"requiredCapabilities", missing}},
                  isModern(revision) ? kBadRequest : kOk};
}

}  // namespace checkout::mcp

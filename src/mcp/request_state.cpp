#include "mcp/request_state.hpp"

#include "base/digest.hpp"
#include "base/seal.hpp"

namespace checkout::mcp {
namespace {

// The order of an object's members means nothing, so they are sorted before they are compared.
std::string canonical(const Json& params, const char* member) {
  const auto found = params.find(member);
  return found == params.end() ? std::string() : nlohmann::json(*found).dump();
}

std::string identity(const Request& request) {
  const Json& params = request.params();
  const Json facts = {request.context.principal.subject, request.envelope.method, canonical(params, "name"),
                      canonical(params, "uri"), sha256Hex(canonical(params, "arguments"))};
  return facts.dump();
}

}  // namespace

std::string RequestState::write(const Request& request, const Json& state) const {
  const Json text = {{"expires", toUnixMillis(clock_.now() + lifetime_)}, {"state", state}};
  return seal(key_, identity(request), dumpJson(text));
}

std::optional<Json> RequestState::read(const Request& request, const std::string& text) const {
  const auto opened = unseal(key_, identity(request), text);
  if (!opened) return std::nullopt;
  Json all = Json::parse(*opened);  // we wrote it
  if (all.at("expires").get<std::int64_t>() <= toUnixMillis(clock_.now())) return std::nullopt;
  return std::move(all["state"]);
}

}  // namespace checkout::mcp

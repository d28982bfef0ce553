#include "store/event_chain.hpp"

#include "base/digest.hpp"

namespace checkout::store {

std::string eventHash(const TenantId& tenantId, const SagaId& sagaId, const SagaEvent& event) {
  using SortedJson = nlohmann::json;
  const SortedJson entry = {
      {"tenantId", tenantId.value},   {"sagaId", sagaId.value},
      {"sequence", event.sequence},   {"type", event.type},
      {"actor", event.actor},         {"from", toString(event.from)},
      {"to", toString(event.to)},     {"data", SortedJson::parse(event.data.dump())},
      {"at", toUnixMillis(event.at)},
  };
  return sha256Hex(event.previousHash + entry.dump());
}

}  // namespace checkout::store

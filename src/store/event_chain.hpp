// The hash chain over a saga's events: whoever changes, drops or inserts one breaks every hash after it.
#pragma once

#include <string>

#include <checkout/saga_store.hpp>

namespace checkout::store {

// SHA-256 over event.previousHash followed by the event's canonical JSON (members sorted, no white space).
// previousHash of event 1 is empty. event.hash is not read.
std::string eventHash(const TenantId& tenantId, const SagaId& sagaId, const SagaEvent& event);

}  // namespace checkout::store

// The checkouts that are not at rest, for an operator's eye.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <checkout/store.hpp>

#include "app/operate/saga_command.hpp"

namespace checkout::app::operate {

struct SagaList {
  std::vector<Saga> sagas;  // oldest change first
  std::vector<std::pair<TenantId, SagaId>> unreadable;  // whatever was asked for: they stand still
  bool complete = true;     // false: there are more of them than one look takes
};

// TenantNotFound if command.tenant has no checkouts here.
Result<SagaList> readList(Store& store, const SagaCommand& command, TimePoint now);

std::string renderList(const SagaList& list, const SagaCommand& command, TimePoint now);  // lines of text
Json listToJson(const SagaList& list, TimePoint now);

}  // namespace checkout::app::operate

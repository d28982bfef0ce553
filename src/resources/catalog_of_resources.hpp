// What can be read, and watched, by its address.
#pragma once

#include <memory>
#include <vector>

#include <checkout/resource.hpp>
#include <checkout/saga_changes.hpp>

#include "tools/catalog_of_tools.hpp"

namespace checkout::resources {

// checkout://{tenant_id}/sagas/{sagaId}, and catalog://{tenant_id}/products/{productId}. What `services`
// holds outlives them.
std::vector<std::unique_ptr<ResourceFamily>> allResources(const tools::ToolServices& services);

std::unique_ptr<ResourceFamily> makeSagaResource(const tools::ToolServices& services);
std::unique_ptr<ResourceFamily> makeProductResource(const tools::ToolServices& services);

// A transition of a checkout, as those hear of it who watch the checkout.
ResourceChange changeOf(const SagaChange& change);

}  // namespace checkout::resources

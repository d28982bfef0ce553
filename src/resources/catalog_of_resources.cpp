#include "resources/catalog_of_resources.hpp"

namespace checkout::resources {

std::vector<std::unique_ptr<ResourceFamily>> allResources(const tools::ToolServices& services) {
  std::vector<std::unique_ptr<ResourceFamily>> all;
  all.push_back(makeSagaResource(services));
  all.push_back(makeProductResource(services));
  return all;
}

}  // namespace checkout::resources

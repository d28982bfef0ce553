// Reads a tenant's catalogue and checks what no schema can say about them.
#pragma once

#include <string>
#include <vector>

#include <checkout/catalog.hpp>

#include "app/config/document.hpp"

namespace checkout::app {

// `catalog` is the tenant's member of that name; products in a file of their own are read from there.
std::vector<Product> readProducts(const Node& catalog, const Currency& currency,
                                  std::vector<ConfigProblem>& problems);

// Words and phrases that mean the same in the shop, in groups.
std::vector<std::vector<std::string>> readSynonyms(const Node& catalog);

}  // namespace checkout::app

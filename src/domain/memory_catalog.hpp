// A catalogue held in memory, in the order in which the merchant listed it.
#pragma once

#include <memory>
#include <vector>

#include <checkout/catalog.hpp>

namespace checkout::domain {

// Ids must be unique (the config loader checks it); the first of two alike would be found. Immutable, so any
// thread may use it. version() is a hash of the content: two processes with the same products agree on it.
std::shared_ptr<const Catalog> makeMemoryCatalog(std::vector<Product> products);

}  // namespace checkout::domain

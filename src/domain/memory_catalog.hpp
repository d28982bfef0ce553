// A catalogue held in memory, in the order in which the merchant listed it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <checkout/catalog.hpp>

namespace checkout::domain {

// Groups of words and phrases that mean the same in this shop.
using Synonyms = std::vector<std::vector<std::string>>;

// Ids must be unique (the config loader checks it); the first of two alike would be found. Immutable, so any
// thread may use it. version() is a hash of the content: two processes with the same products and synonyms
// agree on it.
std::shared_ptr<const Catalog> makeMemoryCatalog(std::vector<Product> products,
                                                 const Synonyms& synonyms = {});

}  // namespace checkout::domain

// A look at a store's file from outside, whoever has it open.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <checkout/store.hpp>

#include "base/embedded.hpp"

namespace checkout::store::sqlite {

// See openStoreForReading().
Result<std::unique_ptr<Store>> openSqliteStoreForReading(const std::string& path,
                                                         std::span<const EmbeddedFile> migrations);

}  // namespace checkout::store::sqlite

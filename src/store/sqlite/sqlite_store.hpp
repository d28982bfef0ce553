// The embedded engine: one file, write-ahead log, one writing connection on a thread of its own, a pool of
// readers.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <checkout/store.hpp>

#include "base/embedded.hpp"

namespace checkout::store::sqlite {

// See openStore(). `path` may be relative; directories on it are created.
Result<std::unique_ptr<Store>> openSqliteStore(const std::string& path,
                                               std::span<const EmbeddedFile> migrations);

// The one name that every spelling of a path leads to. The file need not exist.
Result<std::string> realPath(const std::string& path);

}  // namespace checkout::store::sqlite

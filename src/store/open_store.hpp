// The way into durable storage: a store from its URL.
#pragma once

#include <memory>
#include <string>

#include <checkout/store.hpp>

namespace checkout::store {

// Opens `sqlite:PATH`, creating the file (mode 0600) and its directories if they are missing, and brings its
// schema up to date. The caller owns the store; destroying it ends every started write and frees the file.
//
// ValidationFailed if the URL is not one this release understands, or names a file that is not this program's
// store; ServiceUnavailable if another process has the store open or the file can't be used.
Result<std::unique_ptr<Store>> openStore(const std::string& url);

}  // namespace checkout::store

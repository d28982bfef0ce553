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
// store; ServiceUnavailable if another process has the store open (details: lockedBy) or the file can't be used.
Result<std::unique_ptr<Store>> openStore(const std::string& url);

// For a look from outside, also while another process has the store open: takes no lock, changes nothing and
// makes no files; write() fails. What it reads is committed.
//
// ValidationFailed if the URL is not one this release understands, or the store is not of exactly this
// release's schema; ServiceUnavailable if there is none, or it can't be read.
Result<std::unique_ptr<Store>> openStoreForReading(const std::string& url);

// The real path of the file that a sqlite: URL names; what belongs to it lies beside it. It need not exist.
Result<std::string> fileOfStore(const std::string& url);

}  // namespace checkout::store

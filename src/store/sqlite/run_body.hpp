// Runs a caller's transaction body over a session.
#pragma once

#include <checkout/store.hpp>

#include "store/sql/session.hpp"

namespace checkout::store::sqlite {

// What the body returns; Internal, logged, if it throws.
Result<void> runBody(const Store::Body& body, sql::SqlSession& session);

}  // namespace checkout::store::sqlite

#include "store/sqlite/run_body.hpp"

#include <exception>

#include "base/log.hpp"
#include "store/sql/repositories.hpp"

namespace checkout::store::sqlite {

Result<void> runBody(const Store::Body& body, sql::SqlSession& session) {
  sql::SqlTransaction transaction(session);
  try {
    return body(transaction);
  } catch (const std::exception& failure) {
    log::error("store transaction threw", {{"what", failure.what()}});
  } catch (...) {
    log::error("store transaction threw", {{"what", "not a std::exception"}});
  }
  return Error(ErrorCode::Internal, "The change failed inside the server; nothing of it was kept.");
}

}  // namespace checkout::store::sqlite

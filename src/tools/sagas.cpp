#include "tools/sagas.hpp"

namespace checkout::tools {

Result<Json> sagaResult(Result<Saga> saga) {
  if (!saga) return std::move(saga).error();
  return saga::sagaView(*saga);
}

}  // namespace checkout::tools

#include "app/operate/door.hpp"

#include "base/log.hpp"
#include "store/open_store.hpp"

namespace checkout::app::operate {

std::string socketBeside(const std::string& storeFile) {
  return storeFile + ".sock";
}

std::unique_ptr<transport::LocalSocket> openDoor(const std::string& storeUrl, Desk& desk) {
  const auto file = store::fileOfStore(storeUrl);
  if (!file.ok()) return nullptr;  // no store of a file, so nothing is beside it
  auto socket = transport::LocalSocket::listen(socketBeside(*file),
                                               [&desk](std::string_view line) { return desk.answer(line); });
  if (socket.ok()) return std::move(*socket);
  log::warn("no socket for operators: saga retry, refund and resolve need this process stopped",
            {{"reason", socket.error().message}});
  return nullptr;
}

}  // namespace checkout::app::operate

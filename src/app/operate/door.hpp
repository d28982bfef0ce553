// The socket beside a store's file, through which operators' commands reach the process that has it open.
#pragma once

#include <memory>
#include <string>

#include "app/operate/desk.hpp"
#include "transport/local_socket.hpp"

namespace checkout::app::operate {

std::string socketBeside(const std::string& storeFile);  // "/var/lib/…/checkout.db.sock"

// For a process that has the store open. nullptr, with a line in the log, if there can be no socket: serving
// goes on without. `desk` must outlive it.
std::unique_ptr<transport::LocalSocket> openDoor(const std::string& storeUrl, Desk& desk);

}  // namespace checkout::app::operate

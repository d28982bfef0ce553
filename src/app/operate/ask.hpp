// How an operator's command reaches the process that has the store open.
#pragma once

#include <functional>
#include <string>

#include "app/operate/desk.hpp"

namespace checkout::app::operate {

// Sends `line` to the socket beside the store. If no process is there, `here` opens the store in this one and
// does it; its error has details.lockedBy where another process turns out to have the store, and both are
// tried again for a few seconds: a server that starts or stops has the store for a moment without answering.
Result<DeskAnswer> askHolder(const std::string& storeUrl, const std::string& line,
                             const std::function<Result<DeskAnswer>()>& here);

}  // namespace checkout::app::operate

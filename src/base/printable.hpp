// Text that customers, agents and strangers wrote, made fit for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace checkout {

// One line: control characters (C0, C1 and those that turn the direction of text) and whatever is no UTF-8 become
// "?".
std::string printable(std::string_view text);

}  // namespace checkout

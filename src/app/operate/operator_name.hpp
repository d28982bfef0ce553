// Who sits at the terminal, where no --operator says so.
#pragma once

#include <string>

#include "app/config/environment.hpp"

namespace checkout::app::operate {

std::string operatorNameFrom(const Environment& environment);  // $USER, else the login name; empty: nobody

}  // namespace checkout::app::operate

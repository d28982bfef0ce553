// The whole program behind main().
#pragma once

#include "app/seams.hpp"

namespace checkout::app {

int run(int argc, const char* const* argv, const Seams& seams = {});  // the exit code

}  // namespace checkout::app

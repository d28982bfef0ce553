// The whole program behind main().
#pragma once

namespace checkout::app {

int run(int argc, const char* const* argv);  // the exit code

}  // namespace checkout::app

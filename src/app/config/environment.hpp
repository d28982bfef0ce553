// Environment variables as a value that tests can make up.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace checkout::app {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;  // nullopt: not set

Environment processEnvironment();

}  // namespace checkout::app

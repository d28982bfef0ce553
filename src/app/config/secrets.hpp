// Reads a secret from where the configuration says it is: {"env": NAME} or {"file": PATH}.
#pragma once

#include <optional>
#include <vector>

#include <checkout/secret.hpp>

#include "app/config/document.hpp"
#include "app/config/environment.hpp"

namespace checkout::app {

// nullopt, with a problem added, if there is none to be had. No message ever holds any of the secret.
std::optional<Secret> readSecret(const Node& node, const Environment& environment,
                                 std::vector<ConfigProblem>& problems);

}  // namespace checkout::app

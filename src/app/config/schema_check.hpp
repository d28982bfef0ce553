// Checks a configuration against schemas/config.json and words each violation for the person who edits it.
#pragma once

#include <string>
#include <vector>

#include "app/config/document.hpp"

namespace checkout::app {

// Checks the whole document against `definition` of the schema's definitions, or against the schema itself
// where it is empty.
void checkAgainstSchema(const Document& document, const std::string& definition,
                        std::vector<ConfigProblem>& problems);

}  // namespace checkout::app

// The JSON value used everywhere. Members keep the order in which they were written, so that results read
// as their schema does. Untrusted text becomes a Json only through base/json_gate.hpp.
#pragma once

#include <nlohmann/json.hpp>

namespace checkout {

using Json = nlohmann::ordered_json;

}  // namespace checkout

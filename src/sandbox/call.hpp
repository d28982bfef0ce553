// One authenticated API request, as the endpoint that serves it sees it.
#pragma once

#include <string>
#include <string_view>

#include <checkout/result.hpp>

#include "sandbox/api_error.hpp"
#include "sandbox/parameters.hpp"
#include "sandbox/world.hpp"

namespace checkout::sandbox {

struct Call {
  World& world;
  Account& account;
  Json parameters;  // checked against the route's table
  std::string id;   // the {id} of the path; empty if it has none
};

using Endpoint = Result<Json> (*)(Call&);

}  // namespace checkout::sandbox

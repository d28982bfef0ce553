// The table of API routes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/call.hpp"

namespace checkout::sandbox {

struct Route {
  std::string_view method;
  std::string_view path;  // "{id}" stands for one segment
  Endpoint endpoint;
  ParameterTable parameters;
  bool isList = false;
};

struct RouteMatch {
  const Route* route = nullptr;
  std::string id;
};
std::optional<RouteMatch> findRoute(std::string_view method, std::string_view path);

}  // namespace checkout::sandbox

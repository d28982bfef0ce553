// Which resource an address means.
#pragma once

#include <optional>
#include <string>

#include "mcp/engine.hpp"
#include "mcp/request.hpp"

namespace checkout::mcp {

struct FoundResource {
  const ResourceFamily* family = nullptr;
  NamedValues names;
  std::string resource;  // its address as UriTemplate::expand() spells it
};
// nullopt: no family has such addresses.
std::optional<FoundResource> findResource(const Engine& engine, const std::string& uri);

RpcError resourceNotFound(const std::string& uri, Revision revision);
// The family could not say.
RpcError resourceTrouble(const Error& error);

}  // namespace checkout::mcp

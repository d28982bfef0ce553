// What the methods work with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/lane.hpp"
#include "mcp/gauges.hpp"
#include "mcp/request_state.hpp"
#include "mcp/server.hpp"
#include "mcp/subscriptions.hpp"
#include "mcp/tool_set.hpp"
#include "mcp/uri_template.hpp"

namespace checkout::mcp {

struct ResourceEntry {
  UriTemplate uri;
  std::unique_ptr<ResourceFamily> family;
};

Json implementation(const ServerInfo& info);  // an Implementation, as the protocol calls it

// Immutable but for the subscriptions and gauges; used from many threads at once.
struct Engine {
  ServerInfo info;
  ServerOptions options;
  ToolSet tools;
  std::vector<ResourceEntry> resources;
  std::vector<std::unique_ptr<Prompt>> prompts;
  RequestState state;
  Subscriptions subscriptions;
  std::shared_ptr<Gauges> gauges;
  std::unique_ptr<Lane> providerLane;  // last: its work ends before what it uses

  const Clock& clock() const;  // the one of the options, or the system's
};

}  // namespace checkout::mcp

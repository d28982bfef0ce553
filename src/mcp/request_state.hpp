// requestState: what a tool or prompt wants to know again in the next round, carried by the client
// (2026-07-28, basic/patterns/mrtr).
#pragma once

#include <optional>
#include <string>

#include <checkout/clock.hpp>
#include <checkout/secret.hpp>

#include "mcp/request.hpp"

namespace checkout::mcp {

// Immutable. What it writes is encrypted, bound to the caller and to the request with its arguments, and good
// for a limited time. It can be presented more than once within that time.
class RequestState {
 public:
  RequestState(Secret key, Milliseconds lifetime, const Clock& clock)
      : key_(std::move(key)), lifetime_(lifetime), clock_(clock) {}

  std::string write(const Request& request, const Json& state) const;
  // nullopt: not ours, changed, of another caller or request, or too old.
  std::optional<Json> read(const Request& request, const std::string& text) const;

 private:
  Secret key_;
  Milliseconds lifetime_;
  const Clock& clock_;
};

}  // namespace checkout::mcp

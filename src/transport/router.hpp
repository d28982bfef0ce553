// Which handler answers which request. Applies the guard, answers 404 and 405, and counts.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkout/http.hpp>

#include "transport/guard.hpp"

namespace checkout {
class Metrics;
}

namespace checkout::transport {

// The parts of a path that a pattern names, percent-decoded.
class PathParams {
 public:
  void add(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }
  // Aborts for a name that the pattern does not have.
  const std::string& at(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

using RouteHandler = std::function<void(HttpRequest, const PathParams&, std::shared_ptr<HttpResponder>)>;

// What is checked before a route's handler runs.
enum class RouteGuard {
  HostAndOrigin,  // what a browser could be tricked into calling
  Host,           // other servers call it, or a browser navigates to it
  None,           // health probes, which name the host as they like
};

// Build it, then asHandler(). Patterns are matched segment by segment, exact ones or "{name}" for any one
// non-empty segment; an exact segment wins over a named one whatever the order.
class Router {
 public:
  // With `metrics` each request counts by pattern and status.
  explicit Router(GuardPolicy policy, std::shared_ptr<Metrics> metrics = nullptr);

  // HEAD is answered by the GET route. A second handler for the same method and pattern is a bug and aborts.
  Router& on(std::string method, std::string pattern, RouteHandler handler,
             RouteGuard guard = RouteGuard::HostAndOrigin);

  // Thread-safe, and independent of this object from then on.
  HttpHandler asHandler() const;

 private:
  struct Method {
    std::string name;
    RouteHandler handler;
    RouteGuard guard;
  };
  struct Route {
    std::string pattern;
    std::vector<std::string> segments;
    std::vector<Method> methods;
  };
  struct Table {
    GuardPolicy policy;
    std::shared_ptr<Metrics> metrics;
    std::vector<Route> routes;
    void handle(HttpRequest request, std::shared_ptr<HttpResponder> responder) const;
    const Route* find(const std::vector<std::string>& path, PathParams& params) const;
  };
  Table table_;
};

}  // namespace checkout::transport

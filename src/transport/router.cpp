#include "transport/router.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>

#include "base/metrics.hpp"
#include "transport/error_response.hpp"

namespace checkout::transport {
namespace {

bool isParam(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  for (;;) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

std::optional<int> hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// nullopt for a broken escape, or one for a byte that must not hide in a segment.
std::optional<std::string> percentDecoded(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    char c = segment[i];
    if (c == '%') {
      if (segment.size() - i < 3) return std::nullopt;
      const auto high = hexDigit(segment[i + 1]), low = hexDigit(segment[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
      i += 2;
    }
    text += c;
  }
  return text;
}

std::optional<std::vector<std::string>> decodedPath(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> segments;
  for (const auto raw : split(path)) {
    auto segment = percentDecoded(raw);
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
  }
  return segments;
}

// Counts the answer on its way through. One that never comes is the server's 500.
class CountedResponder final : public HttpResponder {
 public:
  CountedResponder(std::shared_ptr<HttpResponder> next, std::shared_ptr<Metrics> metrics, std::string route)
      : next_(std::move(next)), metrics_(std::move(metrics)), route_(std::move(route)) {}
  ~CountedResponder() override { count(500); }

  void respond(HttpResponse response) override {
    count(response.status);
    next_->respond(std::move(response));
  }
  void begin(int status, HttpHeaders headers) override {
    count(status);
    next_->begin(status, std::move(headers));
  }
  bool write(std::string chunk) override { return next_->write(std::move(chunk)); }
  void finish() override { next_->finish(); }
  void onDisconnect(std::function<void()> callback) override { next_->onDisconnect(std::move(callback)); }

 private:
  void count(int status) {
    if (counted_.exchange(true)) return;
    metrics_
        ->counter("checkout_http_requests_total", "Requests answered.",
                  {{"route", route_}, {"status", std::to_string(status)}})
        .add();
  }

  std::shared_ptr<HttpResponder> next_;
  const std::shared_ptr<Metrics> metrics_;
  const std::string route_;
  std::atomic<bool> counted_ = false;
};

std::optional<Error> refusal(const GuardPolicy& policy, RouteGuard guard, const HttpHeaders& headers) {
  if (guard == RouteGuard::None) return std::nullopt;
  if (auto host = checkHost(policy, headers); !host.ok()) return std::move(host).error();
  if (guard == RouteGuard::Host) return std::nullopt;
  if (auto origin = checkOrigin(policy, headers); !origin.ok()) return std::move(origin).error();
  return std::nullopt;
}

}  // namespace

const std::string& PathParams::at(std::string_view name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return value;
  std::abort();
}

Router::Router(GuardPolicy policy, std::shared_ptr<Metrics> metrics)
    : table_{std::move(policy), std::move(metrics), {}} {}

Router& Router::on(std::string method, std::string pattern, RouteHandler handler, RouteGuard guard) {
  auto& routes = table_.routes;
  auto route =
      std::find_if(routes.begin(), routes.end(), [&](const Route& r) { return r.pattern == pattern; });
  if (route == routes.end()) {
    const auto parts = split(pattern);
    route = routes.insert(routes.end(), Route{std::move(pattern), {parts.begin(), parts.end()}, {}});
  }
  for (const Method& known : route->methods)
    if (known.name == method) std::abort();
  route->methods.push_back({std::move(method), std::move(handler), guard});
  return *this;
}

HttpHandler Router::asHandler() const {
  return [table = std::make_shared<const Table>(table_)](HttpRequest request,
                                                         std::shared_ptr<HttpResponder> responder) {
    table->handle(std::move(request), std::move(responder));
  };
}

const Router::Route* Router::Table::find(const std::vector<std::string>& path, PathParams& params) const {
  const auto fits = [&](const Route& route) {
    if (route.segments.size() != path.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i)
      if (isParam(route.segments[i]) ? path[i].empty() : route.segments[i] != path[i]) return false;
    return true;
  };
  // Of two that fit, the one with an exact segment where they first differ.
  const auto moreExact = [](const Route& a, const Route& b) {
    return std::lexicographical_compare(
        a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
        [](const auto& x, const auto& y) { return !isParam(x) && isParam(y); });
  };
  const Route* best = nullptr;
  for (const Route& route : routes)
    if (fits(route) && (!best || moreExact(route, *best))) best = &route;
  if (!best) return nullptr;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (const std::string& name = best->segments[i]; isParam(name))
      params.add(name.substr(1, name.size() - 2), path[i]);
  return best;
}

void Router::Table::handle(HttpRequest request, std::shared_ptr<HttpResponder> responder) const {
  PathParams params;
  const auto path = decodedPath(request.path());
  const Route* const route = path ? find(*path, params) : nullptr;
  if (metrics)
    responder =
        std::make_shared<CountedResponder>(std::move(responder), metrics, route ? route->pattern : "other");
  if (!route) return responder->respond(errorResponse(404, "NOT_FOUND", "no such path"));

  const auto named = [&](std::string_view name) {
    return std::find_if(route->methods.begin(), route->methods.end(),
                        [&](const Method& m) { return m.name == name; });
  };
  auto method = named(request.method);
  if (method == route->methods.end() && request.method == "HEAD") method = named("GET");
  if (method == route->methods.end()) {
    std::string allow;
    for (const Method& known : route->methods) {
      allow += (allow.empty() ? "" : ", ") + known.name;
      if (known.name == "GET" && named("HEAD") == route->methods.end()) allow += ", HEAD";
    }
    auto response = errorResponse(405, "METHOD_NOT_ALLOWED", "this path takes " + allow);
    response.headers.add("Allow", std::move(allow));
    return responder->respond(std::move(response));
  }
  if (const auto refused = refusal(policy, method->guard, request.headers))
    return responder->respond(errorResponse(403, toString(refused->code), refused->message));
  method->handler(std::move(request), params, std::move(responder));
}

}  // namespace checkout::transport

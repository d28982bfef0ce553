#include <chrono>
#include <memory>
#include <mutex>

#include <sys/resource.h>

#include "app/commands.hpp"
#include "app/config/url.hpp"
#include "app/front_door.hpp"
#include "app/operate/door.hpp"
#include "app/relay_door.hpp"
#include "app/runtime.hpp"
#include "base/lane.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "transport/rest_routes.hpp"
#include "transport/router.hpp"
#include "transport/streamable_http.hpp"
#include "transport/webhook_endpoint.hpp"

namespace checkout::app {
namespace {

// Webhooks at once that may wait for the payment provider.
constexpr std::size_t kWebhooks = 512;

constexpr Milliseconds kStopGrace{3'000};  // the process is to be gone within five seconds

transport::GuardPolicy guardPolicy(const Config& config) {
  transport::GuardPolicy policy{config.allowedHosts, config.allowedOrigins};
  if (const auto url = parseUrl(config.publicUrl)) policy.hosts.push_back(url->host);
  return policy;
}

// Each connection takes a descriptor; the usual soft limit of 1,024 would be the first thing to run out.
void raiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log::warn("the limit of open files could not be raised");
}

// What clients have open here, relayed ones included where the engine counts.
void measure(Metrics& metrics, const mcp::EngineGauges& engine,
             const transport::StreamableHttp::Gauges& http) {
  const auto set = [&](const char* name, const char* help, std::int64_t value) {
    metrics.gauge(name, help).set(value);
  };
  set("checkout_mcp_sessions", "Sessions of handshake clients over HTTP.", http.sessions);
  set("checkout_mcp_streams", "Event streams that a connection carries.", http.streams);
  set("checkout_mcp_subscriptions", "Subscriptions to resources.", engine.subscriptions);
  set("checkout_mcp_running_calls", "Calls that are running, listening or waiting for their client.",
      engine.runningCalls);
  set("checkout_mcp_open_questions", "Calls that wait for what their client was asked.",
      engine.openQuestions);
}

// Reads the store, which takes a while with many checkouts: one at a time, and not without a break.
class CheckoutGauges {
 public:
  void measure(Metrics& metrics, Runtime& runtime) {
    constexpr int kBreak = 10;  // times as long as it took
    const std::unique_lock lock(mutex_, std::try_to_lock);
    const auto begun = Steady::now();
    if (!lock || begun < next_) return;
    set(metrics, runtime);
    next_ = Steady::now() + kBreak * (Steady::now() - begun);
  }

 private:
  using Steady = std::chrono::steady_clock;
  static void set(Metrics& metrics, Runtime& runtime);

  std::mutex mutex_;
  Steady::time_point next_;
};

void CheckoutGauges::set(Metrics& metrics, Runtime& runtime) {
  if (const auto counts = runtime.checkouts().countStuck(); counts.ok())
    for (const auto& [tenant, stuck] : *counts)
      metrics
          .gauge("checkout_stuck", "Checkouts that do not help themselves; checkout-mcp saga list --stuck.",
                 {{"tenant", tenant.value}})
          .set(stuck);
  if (const auto behind = runtime.checkouts().eventsBehind(); behind.ok())
    for (const auto& [tenant, time] : *behind)
      metrics
          .gauge("checkout_events_behind_seconds",
                 "How old the oldest of the payment provider's events may be that has not been read.",
                 {{"tenant", tenant.value}})
          .set(std::chrono::floor<std::chrono::seconds>(time).count());
}

HttpHandler routes(const transport::GuardPolicy& policy, Runtime& runtime,
                   transport::StreamableHttp& mcpEndpoint, Lane& webhooks,
                   const std::shared_ptr<Metrics>& counted) {
  Metrics& metrics = *counted;
  using transport::PathParams;
  using Responder = std::shared_ptr<HttpResponder>;
  transport::Router router(policy, counted);
  const auto mcp = [&mcpEndpoint](auto handle) {
    return [&mcpEndpoint, handle](const HttpRequest& request, const PathParams&, const Responder& responder) {
      (mcpEndpoint.*handle)(request, responder);
    };
  };
  router.on("POST", "/mcp", mcp(&transport::StreamableHttp::post));
  router.on("GET", "/mcp", mcp(&transport::StreamableHttp::get));
  router.on("DELETE", "/mcp", mcp(&transport::StreamableHttp::remove));
  router.on("POST", "/webhooks/stripe/{tenant_id}",
            transport::webhookEndpoint(
                [&runtime, &metrics](const TenantId& tenant, std::string_view body,
                                     std::string_view signature) -> Result<void> {
                  auto fate = runtime.inbox().receive(tenant, body, signature);
                  metrics
                      .counter("checkout_webhook_events_total", "Webhook events, by what became of them.",
                               {{"fate", std::string(fate.ok() ? toString(*fate) : "refused")}})
                      .add();
                  if (!fate.ok()) return std::move(fate).error();
                  return {};
                },
                webhooks),
            transport::RouteGuard::Host);
  transport::addRestRoutes(router,
                           {[&runtime] { return runtime.store().ping(); },
                            [&runtime, &mcpEndpoint, &metrics, gauges = std::make_shared<CheckoutGauges>()] {
                              measure(metrics, runtime.server().gauges(), mcpEndpoint.gauges());
                              gauges->measure(metrics, runtime);
                              return metrics.render();
                            }});
  return router.asHandler();
}

}  // namespace

int serveHttp(const Options& options, Config config, const StopSignal& stop, const Seams& seams) {
  raiseDescriptorLimit();
  const auto metrics = std::make_shared<Metrics>();
  transport::HttpServerOptions listen;
  listen.host = options.listen.host;
  listen.port = options.listen.port;
  listen.metrics = metrics.get();
  listen.isUrgent = [](const HttpRequest& request) {
    const std::string_view path = request.path();
    return path == "/healthz" || path == "/readyz" || path == "/metrics" || path.starts_with("/webhooks/");
  };
  const auto door = FrontDoor::start(std::move(listen));
  if (!door.ok()) return failedToStart(door.error());
  const std::string url = (*door)->url();

  const auto policy = guardPolicy(config);
  const std::string publicUrl = config.publicUrl.empty() ? url : config.publicUrl;
  const std::string configuration = fingerprint(config);
  const auto runtime = Runtime::start(std::move(config), {options.store, publicUrl, /*webhooksArrive=*/true,
                                                          seams, /*serves=*/true, metrics.get()});
  if (!runtime.ok()) {
    (*door)->stop(Milliseconds(0));
    return failedToStart(runtime.error());
  }
  operate::Desk desk((*runtime)->store(), (*runtime)->checkouts(), (*runtime)->clock());
  const auto operators = operate::openDoor(options.store, desk);
  const auto relays = openRelayDoor(options.store, configuration, (*runtime)->server());
  transport::StreamableHttp mcpEndpoint((*runtime)->server());
  Lane webhooks("webhooks", kWebhooks, metrics.get());
  (*door)->open(routes(policy, **runtime, mcpEndpoint, webhooks, metrics));
  (*runtime)->receiveSandboxWebhooks(url);
  log::announce("listening on " + url + "/mcp");

  stop.wait();
  log::info("Stopping: requests in flight are being finished");
  mcpEndpoint.stop();
  (*door)->stop(kStopGrace);
  return 0;
}

}  // namespace checkout::app

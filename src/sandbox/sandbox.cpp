#include "sandbox/sandbox.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "sandbox/api.hpp"
#include "sandbox/control.hpp"
#include "sandbox/events.hpp"
#include "sandbox/pages.hpp"
#include "sandbox/world.hpp"

namespace checkout::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kWebhookDeadline = 5s;

bool startsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

const Fault* faultOf(const std::vector<Fault>& faults, FaultKind kind) {
  const auto found =
      std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.kind == kind; });
  return found == faults.end() ? nullptr : &*found;
}

// "http://host:port/path" → {"http://host:port", "/path"}
std::pair<std::string, std::string> splitUrl(const std::string& url) {
  const auto host = url.find("://");
  const auto path = url.find('/', host == std::string::npos ? 0 : host + 3);
  if (path == std::string::npos) return {url, "/"};
  return {url.substr(0, path), url.substr(path)};
}

HttpResponse cutShort(HttpResponse response, std::size_t bytes) {
  response.resetAfterBytes = bytes;
  return response;
}

}  // namespace

struct Sandbox::State {
  State(const Clock& clock, HttpClient& client) : world(clock), webhooks(client) {
    while (senders.size() < Deliveries::kSenders) senders.emplace_back([this] { work(); });
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    latencyEnds.notify_all();
    for (std::thread& sender : senders) sender.join();
  }

  HttpResponse serve(const HttpRequest& request);
  HttpResponse serveApi(const HttpRequest& request, const std::vector<Fault>& faults,
                        std::unique_lock<std::mutex>& lock);
  HttpResponse servePageWithFaults(const HttpRequest& request, const std::vector<Fault>& faults,
                                   std::unique_lock<std::mutex>& lock);
  void pause(const Fault* latency, std::unique_lock<std::mutex>& lock);
  void work();
  void deliver(std::size_t index, std::unique_lock<std::mutex>& lock);

  std::mutex mutex;  // guards everything below; never held while waiting or while a webhook is on its way
  std::condition_variable wake;         // a sender: something may be due
  std::condition_variable latencyEnds;  // requests that a latency fault holds back: the faults were cleared
  std::uint64_t clearings = 0;
  bool stopping = false;
  World world;
  HttpClient& webhooks;
  std::vector<std::thread> senders;  // last: they use all of the above
};

void Sandbox::State::pause(const Fault* latency, std::unique_lock<std::mutex>& lock) {
  if (latency == nullptr) return;
  const auto before = clearings;
  latencyEnds.wait_for(lock, latency->latency, [&] { return stopping || clearings != before; });
  world.runDueTimers();
}

HttpResponse Sandbox::State::serveApi(const HttpRequest& request, const std::vector<Fault>& faults,
                                      std::unique_lock<std::mutex>& lock) {
  auto admission = admit(world, request);
  if (auto* answer = std::get_if<HttpResponse>(&admission)) return std::move(*answer);
  auto& admitted = std::get<AdmittedRequest>(admission);

  pause(faultOf(faults, FaultKind::Latency), lock);
  if (faultOf(faults, FaultKind::ResetBefore) != nullptr) {
    abandon(admitted);
    return cutShort({}, 0);
  }
  for (const FaultKind kind : {FaultKind::RateLimit, FaultKind::StatusBefore})
    if (const Fault* fault = faultOf(faults, kind)) return skip(admitted, *fault);

  const Fault* lie = faultOf(faults, FaultKind::StatusAfter);
  HttpResponse response = execute(world, admitted, lie == nullptr ? std::nullopt : std::optional(*lie));
  wake.notify_one();
  pause(faultOf(faults, FaultKind::LatencyAfter), lock);
  return response;
}

HttpResponse Sandbox::State::servePageWithFaults(const HttpRequest& request, const std::vector<Fault>& faults,
                                                 std::unique_lock<std::mutex>& lock) {
  pause(faultOf(faults, FaultKind::Latency), lock);
  if (faultOf(faults, FaultKind::ResetBefore) != nullptr) return cutShort({}, 0);
  for (const FaultKind kind : {FaultKind::RateLimit, FaultKind::StatusBefore})
    if (const Fault* fault = faultOf(faults, kind)) return outOfService(fault->status);
  HttpResponse response = servePage(world, request);
  wake.notify_one();
  if (const Fault* fault = faultOf(faults, FaultKind::StatusAfter)) response = outOfService(fault->status);
  pause(faultOf(faults, FaultKind::LatencyAfter), lock);
  return response;
}

HttpResponse Sandbox::State::serve(const HttpRequest& request) {
  std::unique_lock lock(mutex);
  world.runDueTimers();
  const std::string_view path = request.path();
  if (startsWith(path, "/_sandbox/")) {
    HttpResponse response = serveControl(world, request);
    if (request.method == "DELETE") {
      ++clearings;
      latencyEnds.notify_all();
    }
    wake.notify_one();
    return response;
  }
  const auto faults = world.faults.strikeRequest(request.method, path);
  HttpResponse response =
      startsWith(path, "/v1/") ? serveApi(request, faults, lock) : servePageWithFaults(request, faults, lock);
  response.headers.set("Date", toHttpDate(world.now()));
  wake.notify_one();
  if (faultOf(faults, FaultKind::ResetAfter) != nullptr) return cutShort(std::move(response), 0);
  if (faultOf(faults, FaultKind::Truncate) != nullptr) {
    const std::size_t half = response.body.size() / 2;
    return cutShort(std::move(response), half);
  }
  return response;
}

void Sandbox::State::deliver(std::size_t index, std::unique_lock<std::mutex>& lock) {
  const Delivery delivery = world.deliveries.at(index);
  const Event& event = *delivery.account->events.find(delivery.eventId);
  const auto [origin, target] = splitUrl(delivery.url);
  HttpRequest request;
  request.method = "POST";
  request.target = target;
  request.body = deliveredEvent(*delivery.account, event).dump(2, ' ', false, Json::error_handler_t::replace);
  request.headers.set("Content-Type", "application/json; charset=utf-8");
  request.headers.set("User-Agent", "Stripe/1.0 (simulator)");
  request.headers.set("Stripe-Signature",
                      signatureHeader(delivery.secret, toUnixSeconds(world.wallNow()), request.body));
  lock.unlock();
  const HttpExchange exchange = webhooks.send(origin, request, kWebhookDeadline);
  lock.lock();

  const int status = exchange.response ? exchange.response->status : 0;
  world.deliveries.finish(index, status, world.now());
  const Delivery& after = world.deliveries.at(index);
  if (after.state == Delivery::State::Delivered && !after.isCopy) {
    Event& delivered = *after.account->events.find(after.eventId);
    --delivered.pendingWebhooks;
  }
  log::debug("sandbox webhook", {{"event", delivery.eventId},
                                 {"type", delivery.eventType},
                                 {"status", std::to_string(status)},
                                 {"attempt", std::to_string(after.attempts)}});
}

void Sandbox::State::work() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    world.runDueTimers();
    if (const auto index = world.deliveries.takeDue(world.now())) {
      wake.notify_one();  // there may be more, for another sender
      deliver(*index, lock);
    } else if (const auto due = world.nextDue()) {
      wake.wait_for(lock, *due - world.now());
    } else {
      wake.wait(lock);
    }
  }
}

Sandbox::Sandbox(const Clock& clock, HttpClient& webhooks)
    : state_(std::make_unique<State>(clock, webhooks)) {}

Sandbox::~Sandbox() = default;

HttpResponse Sandbox::handle(const HttpRequest& request) {
  return state_->serve(request);
}

void Sandbox::setPublicUrl(std::string url) {
  const std::lock_guard lock(state_->mutex);
  while (!url.empty() && url.back() == '/') url.pop_back();
  state_->world.publicUrl = std::move(url);
}

void Sandbox::addWebhookEndpoint(const std::string& secretKey, std::string url, Secret secret) {
  const std::lock_guard lock(state_->mutex);
  addEndpoint(state_->world, state_->world.account(secretKey), std::move(url), std::move(secret),
              Json::array({"*"}), WebhookEndpoint::Hears::All);
}

}  // namespace checkout::sandbox

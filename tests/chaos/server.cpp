#include "chaos/server.hpp"

#include <chrono>
#include <fstream>

namespace checkout::chaos {
namespace {

constexpr Milliseconds kStopGrace{15'000};

}  // namespace

Server::Server(ServerSetup setup, HttpClient& http) : setup_(std::move(setup)), http_(http) {}

std::string Server::url() const {
  return "http://127.0.0.1:" + std::to_string(setup_.port);
}

std::string Server::storeUrl() const {
  return "sqlite:" + (setup_.folder / "store" / "checkout.db").string();
}

std::shared_ptr<Process> Server::process() {
  const std::lock_guard lock(mutex_);
  return process_;
}

Result<void> Server::start(Milliseconds ahead, std::optional<int> failpoint) {
  Launch launch;
  launch.program = setup_.program;
  launch.arguments = {"http",
                      "--listen",
                      "127.0.0.1:" + std::to_string(setup_.port),
                      "--config",
                      (setup_.folder / "config.json").string(),
                      "--store",
                      storeUrl()};
  launch.environment = setup_.environment;
  launch.environment["CHECKOUT_TEST_CLOCK_OFFSET_MS"] = std::to_string(ahead.count());
  launch.environment["CHECKOUT_TEST_FAILPOINT_COUNT_FILE"] = countFile().string();
  if (failpoint) launch.environment["CHECKOUT_TEST_FAILPOINT"] = std::to_string(*failpoint);
  launch.log = log();
  CHECKOUT_ASSIGN(started, Process::start(launch));
  const std::lock_guard lock(mutex_);
  process_ = std::move(started);
  return {};
}

bool Server::isRunning() {
  const auto current = process();
  return current && current->isRunning();
}

std::optional<Milliseconds> Server::eventsBehind() const {
  HttpRequest request;
  request.method = "GET";
  request.target = "/metrics";
  const HttpExchange exchange = http_.send(url(), request, Milliseconds(2'000));
  if (!exchange.response) return std::nullopt;
  const std::string& text = exchange.response->body;
  std::optional<Milliseconds> worst;
  for (std::size_t at = 0; (at = text.find("\ncheckout_events_behind_seconds{", at)) != std::string::npos;
       ++at) {
    const std::size_t value = text.find(' ', at);
    worst = std::max(worst, std::optional(Milliseconds(std::stoll(text.substr(value)) * 1'000)));
  }
  return worst;
}

bool Server::awaitReady(Milliseconds patience) {
  HttpRequest request;
  request.method = "GET";
  request.target = "/readyz";
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    const HttpExchange exchange = http_.send(url(), request, Milliseconds(2'000));
    if (exchange.response && exchange.response->status == 200) return true;
    if (!isRunning()) return false;
    pause(Milliseconds(2));
  }
  return false;
}

void Server::kill() {
  if (const auto current = process()) current->kill();
}

std::optional<int> Server::stop() {
  const auto current = process();
  return current ? current->stop(kStopGrace) : std::nullopt;
}

int Server::pointsBurned() const {
  int points = 0;
  std::ifstream(countFile()) >> points;
  return points;
}

}  // namespace checkout::chaos

// The server under test: started, killed and started again on the same port, over the same store.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

#include "chaos/process.hpp"

namespace checkout::chaos {

struct ServerSetup {
  std::filesystem::path program, folder;  // the folder holds config.json; store and log come into it
  std::map<std::string, std::string> environment;
  std::uint16_t port = 0;
};

// start(), kill() and stop() from one thread; the rest from any.
class Server {
 public:
  Server(ServerSetup setup, HttpClient& http);

  const ServerSetup& setup() const { return setup_; }
  std::string url() const;
  std::string storeUrl() const;
  std::filesystem::path log() const { return setup_.folder / "server.log"; }
  std::filesystem::path folder() const { return setup_.folder; }

  // Starts the process, its clock `ahead`, to die at `failpoint`. Doesn't wait until it serves.
  Result<void> start(Milliseconds ahead, std::optional<int> failpoint = std::nullopt);
  bool awaitReady(Milliseconds patience);  // false: it ended, or is not ready by then
  // Of the tenant that is worst off, checkout_events_behind_seconds; nullopt: not known.
  std::optional<Milliseconds> eventsBehind() const;
  bool isRunning();
  void kill();
  std::optional<int> stop();  // the exit code
  int pointsBurned() const;   // by the process that stop() has just ended

 private:
  std::filesystem::path countFile() const { return setup_.folder / "points"; }
  std::shared_ptr<Process> process();

  const ServerSetup setup_;
  HttpClient& http_;
  std::mutex mutex_;
  std::shared_ptr<Process> process_;
};

}  // namespace checkout::chaos

// A child process that can be killed at any instant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <checkout/clock.hpp>
#include <checkout/result.hpp>

namespace checkout::chaos {

struct Launch {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // beside ours
  std::filesystem::path log;                       // what it prints is appended there
};

// Thread-safe. A child still running when this goes is killed.
class Process {
 public:
  static Result<std::unique_ptr<Process>> start(const Launch& launch);
  ~Process();

  bool isRunning();
  void kill();                                  // SIGKILL; returns when it is gone
  std::optional<int> stop(Milliseconds grace);  // SIGTERM; its exit code, nullopt if a signal ended it
  std::optional<int> exitCode();

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  bool reap(int options);
  void send(int signal);

  const pid_t pid_;
  std::mutex mutex_;  // guards what follows
  bool gone_ = false;
  std::optional<int> exitCode_;
};

// A port of 127.0.0.1 for a server that comes and goes. It lies below those that the system gives to outgoing
// connections, which would take it while the server is down.
std::uint16_t freePort();

// Waits for time to pass, which nothing but the pacing of simulated people needs.
void pause(Milliseconds time);

}  // namespace checkout::chaos

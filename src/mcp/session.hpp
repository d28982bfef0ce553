// What one client has negotiated, and which of its calls are running.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>

#include <checkout/json.hpp>

#include "mcp/revision.hpp"

namespace checkout::mcp {

// Levels of RFC 5424 as MCP names them, least severe first.
enum class LogLevel { Debug, Info, Notice, Warning, Error, Critical, Alert, Emergency };
std::optional<LogLevel> logLevelFromString(std::string_view name);

// A call from the moment it was read until its answer is ready.
struct RunningCall {
  Json id;
  Revision revision = kLatest;
  std::atomic<bool> cancelled{false};
};

// Thread-safe.
class Session {
 public:
  std::optional<Revision> revision() const;  // nullopt before `initialize`
  void negotiate(Revision revision);

  std::optional<LogLevel> logLevel() const;  // nullopt until the client asked for log messages
  void setLogLevel(LogLevel level);

  // Registers a call; it ends with the last reference to what is returned.
  static std::shared_ptr<RunningCall> begin(const std::shared_ptr<Session>& session, const Json& id,
                                            Revision revision);
  // Two calls with the same id are the client's mistake; both are meant then. Unknown ids are ignored.
  void cancel(const Json& id);
  void cancelModern();

 private:
  mutable std::mutex mutex_;
  std::optional<Revision> revision_;
  std::optional<LogLevel> logLevel_;
  std::set<RunningCall*> running_;
};

}  // namespace checkout::mcp

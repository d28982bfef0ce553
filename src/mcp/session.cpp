#include "mcp/session.hpp"

#include "base/enum_names.hpp"

namespace checkout::mcp {
namespace {

constexpr EnumNames<LogLevel, 8> kLevels{{
    {LogLevel::Debug, "debug"},
    {LogLevel::Info, "info"},
    {LogLevel::Notice, "notice"},
    {LogLevel::Warning, "warning"},
    {LogLevel::Error, "error"},
    {LogLevel::Critical, "critical"},
    {LogLevel::Alert, "alert"},
    {LogLevel::Emergency, "emergency"},
}};

}  // namespace

std::optional<LogLevel> logLevelFromString(std::string_view name) {
  return valueOf(kLevels, name);
}

std::optional<Revision> Session::revision() const {
  std::lock_guard lock(mutex_);
  return revision_;
}

void Session::negotiate(Revision revision) {
  std::lock_guard lock(mutex_);
  revision_ = revision;
}

std::optional<LogLevel> Session::logLevel() const {
  std::lock_guard lock(mutex_);
  return logLevel_;
}

void Session::setLogLevel(LogLevel level) {
  std::lock_guard lock(mutex_);
  logLevel_ = level;
}

std::shared_ptr<RunningCall> Session::begin(const std::shared_ptr<Session>& session, const Json& id,
                                            Revision revision) {
  auto forget = [session](RunningCall* call) {
    {
      std::lock_guard lock(session->mutex_);
      session->running_.erase(call);
    }
    delete call;
  };
  std::shared_ptr<RunningCall> call(new RunningCall, forget);
  call->id = id;
  call->revision = revision;
  std::lock_guard lock(session->mutex_);
  session->running_.insert(call.get());
  return call;
}

void Session::cancel(const Json& id) {
  std::lock_guard lock(mutex_);
  for (RunningCall* call : running_)
    if (call->id == id) call->cancelled = true;
}

void Session::cancelModern() {
  std::lock_guard lock(mutex_);
  for (RunningCall* call : running_)
    if (isModern(call->revision)) call->cancelled = true;
}

}  // namespace checkout::mcp

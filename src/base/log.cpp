#include "base/log.hpp"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <utility>
#include <vector>

#include <poll.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <checkout/clock.hpp>
#include <checkout/json.hpp>

#include "base/printable.hpp"
#include "base/trace.hpp"

namespace checkout::log {
namespace {

std::atomic<Format> activeFormat{Format::Text};

spdlog::level::level_enum toSpdlog(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warn:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view nameOfLevel(Level level) {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warn:
      return "warn";
    case Level::Error:
      return "error";
  }
  return "info";
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("checkout-mcp",
                                                 std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%-5l%$ %v");
    return made;
  }();
  return *instance;
}

// One event is one line of bounded length, whatever a stranger sent, and no terminal obeys it.
std::string shown(std::string_view value, std::size_t longest) {
  std::string clean = printable(value.substr(0, longest));
  if (value.size() > longest) clean.append("… (").append(std::to_string(value.size())).append(" bytes)");
  return clean;
}

using Fields = std::initializer_list<Field>;

std::vector<Field>& contextOfThisThread() {
  thread_local std::vector<Field> fields;
  return fields;
}

std::vector<Field> withContext(Fields given) {
  std::vector<Field> fields(given);
  for (const Field& each : contextOfThisThread())
    if (std::none_of(given.begin(), given.end(), [&](const Field& own) { return own.first == each.first; }))
      fields.push_back(each);
  return fields;
}

std::string textLine(std::string_view message, const std::vector<Field>& fields, std::size_t longestValue) {
  std::string line(message);
  for (const auto& [name, value] : fields)
    line.append("  ").append(name).append("=").append(shown(value, longestValue));
  if (!currentTraceId().empty()) line.append("  trace_id=").append(currentTraceId());
  return line;
}

std::string jsonLine(Level level, std::string_view message, const std::vector<Field>& fields,
                     std::size_t longestValue) {
  Json line = {{"time", toIso8601(SystemClock{}.now())}, {"level", nameOfLevel(level)}, {"message", message}};
  for (const auto& [name, value] : fields) line[std::string(name)] = shown(value, longestValue);
  if (!currentTraceId().empty()) line["trace_id"] = currentTraceId();
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string lineFor(Level level, std::string_view message, Fields given) {
  const std::vector<Field> fields = withContext(given);
  // A pipe that poll() calls writable takes this many bytes at once (PIPE_BUF is 4,096).
  constexpr std::size_t kLongestLine = 4'000;
  const auto render = [&](std::size_t longestValue) {
    return activeFormat.load() == Format::Json ? jsonLine(level, message, fields, longestValue)
                                               : textLine(message, fields, longestValue);
  };
  std::string line = render(1'000);
  return line.size() <= kLongestLine ? line : render(100);
}

// A reader of stderr who stops reading must not stop the server. What they do not take in time is dropped and
// counted, and from then on nothing waits for them until they read on.
class LogStream {
 public:
  void announce(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (!isWritable()) return;
    const std::string text =
        activeFormat.load() == Format::Json ? lineFor(Level::Info, line, {}) : std::string(line);
    std::cerr << text + "\n" << std::flush;
  }
  void write(Level level, std::string_view message, Fields fields) {
    const std::lock_guard lock(mutex_);
    if (dropped_ > 0 && isWritable()) {
      const std::size_t dropped = std::exchange(dropped_, 0);
      logger().log(spdlog::level::warn, "{}",
                   lineFor(Level::Warn, "log lines were dropped: nobody read them in time",
                           {{"lines", std::to_string(dropped)}}));
    }
    if (dropped_ == 0 && isWritable())
      logger().log(toSpdlog(level), "{}", lineFor(level, message, fields));
    else
      ++dropped_;
  }

 private:
  bool isWritable() const {
    constexpr int kPatienceMs = 200;
    pollfd stream{STDERR_FILENO, POLLOUT, 0};
    return ::poll(&stream, 1, dropped_ > 0 ? 0 : kPatienceMs) != 0;  // an error is the write's to find
  }

  std::mutex mutex_;
  std::size_t dropped_ = 0;
};

LogStream& stream() {
  static LogStream instance;
  return instance;
}

}  // namespace

void configure(Level level, Format format) {
  activeFormat = format;
  logger().set_level(toSpdlog(level));
  if (format == Format::Json) logger().set_pattern("%v");
}

void write(Level level, std::string_view message, Fields fields) {
  if (logger().should_log(toSpdlog(level))) stream().write(level, message, fields);
}

Context::Context(std::string_view name, std::string value) {
  contextOfThisThread().emplace_back(name, std::move(value));
}
Context::~Context() {
  contextOfThisThread().pop_back();
}

void announce(std::string_view line) {
  stream().announce(line);
}

}  // namespace checkout::log

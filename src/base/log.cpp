#include "base/log.hpp"

#include <atomic>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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
    made->set_pattern("%H:%M:%S.%e %^%-5l%$ %v");
    return made;
  }();
  return *instance;
}

// One event is one line of bounded length, whatever a stranger sent, and no terminal obeys it.
std::string shown(std::string_view value) {
  constexpr std::size_t kLongest = 1'000;
  std::string clean = printable(value.substr(0, kLongest));
  if (value.size() > kLongest) clean.append("… (").append(std::to_string(value.size())).append(" bytes)");
  return clean;
}

}  // namespace

void configure(Level level, Format format) {
  activeFormat = format;
  logger().set_level(toSpdlog(level));
  if (format == Format::Json) logger().set_pattern("%v");
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logger().should_log(toSpdlog(level))) return;
  if (activeFormat.load() == Format::Json) {
    Json line = {
        {"time", toIso8601(SystemClock{}.now())}, {"level", nameOfLevel(level)}, {"message", message}};
    for (const auto& [name, value] : fields) line[std::string(name)] = shown(value);
    if (!currentTraceId().empty()) line["trace_id"] = currentTraceId();
    logger().log(toSpdlog(level), "{}", line.dump(-1, ' ', false, Json::error_handler_t::replace));
    return;
  }
  std::string line(message);
  for (const auto& [name, value] : fields) line.append("  ").append(name).append("=").append(shown(value));
  if (!currentTraceId().empty()) line.append("  trace_id=").append(currentTraceId());
  logger().log(toSpdlog(level), "{}", line);
}

}  // namespace checkout::log

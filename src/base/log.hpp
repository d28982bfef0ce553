// Logging over spdlog, to stderr only (stdout belongs to MCP in stdio mode). One line an event, as text or
// JSON. Lines of a thread that works for a trace (base/trace.hpp) carry its trace_id.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace checkout::log {

enum class Level { Debug, Info, Warn, Error };
enum class Format { Text, Json };

void configure(Level level, Format format);  // once, before threads start; default: Info, Text

// Whatever the level: what somebody waits for, such as the address that a server listens on. As text it
// stands alone on its line.
void announce(std::string_view line);

using Field = std::pair<std::string_view, std::string>;  // never a secret: Secret doesn't convert to string
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

// While it lives, the lines of this thread that do not have such a field themselves carry this one: whose
// checkout a call to Stripe is for, say.
class Context {
 public:
  Context(std::string_view name, std::string value);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

inline void debug(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Debug, m, f);
}
inline void info(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Info, m, f);
}
inline void warn(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Warn, m, f);
}
inline void error(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Error, m, f);
}

}  // namespace checkout::log

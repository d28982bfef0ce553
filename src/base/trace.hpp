// Which distributed trace the work of this thread belongs to (W3C Trace Context), so that logs and a saga's
// history can name it without every function in between handing it on.
#pragma once

#include <string>
#include <string_view>

namespace checkout {

// The traceparent of the innermost TraceScope of this thread; empty: none. Valid as long as that scope.
std::string_view currentTraceparent();
// Its trace-id, 32 hex digits; empty: none.
std::string_view currentTraceId();

// From construction to destruction, on one thread.
class TraceScope {
 public:
  explicit TraceScope(std::string traceparent);  // empty: of no trace
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  friend std::string_view currentTraceparent();
  const std::string traceparent_;
  const TraceScope* const outer_;
};

}  // namespace checkout

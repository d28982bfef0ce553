#include "base/trace.hpp"

#include <utility>

namespace checkout {
namespace {

thread_local const TraceScope* innermost = nullptr;

}  // namespace

TraceScope::TraceScope(std::string traceparent)
    : traceparent_(std::move(traceparent)), outer_(std::exchange(innermost, this)) {}

TraceScope::~TraceScope() {
  innermost = outer_;
}

std::string_view currentTraceparent() {
  return innermost ? std::string_view(innermost->traceparent_) : std::string_view();
}

std::string_view currentTraceId() {
  const std::string_view all = currentTraceparent();  // version-traceid-parentid-flags
  return all.size() == 55 ? all.substr(3, 32) : std::string_view();
}

}  // namespace checkout

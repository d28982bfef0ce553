#include "mcp/call_context.hpp"

#include <algorithm>
#include <limits>

namespace checkout::mcp {
namespace {

// W3C Trace Context: version-traceid-parentid-flags in lower-case hex.
bool isTraceparent(const std::string& text) {
  if (text.size() != 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

auto progressReporter(const Request& request, const Json& token) {
  return [running = request.running, sink = request.sink, token,
          last = -std::numeric_limits<double>::infinity()](double progress, std::optional<double> total,
                                                           const std::string& message) mutable {
    if (!(progress > last) || running->isCancelled())
      return;  // each notification must be further than the one before
    last = progress;
    Json report = {{"progressToken", token}, {"progress", progress}};
    if (total) report["total"] = *total;
    if (!message.empty()) report["message"] = message;
    sink->notify(notificationMessage("notifications/progress", report));
  };
}

auto clientLog(const Request& request) {
  return [running = request.running, sink = request.sink, session = request.session,
          revision = request.revision, asked = request.logLevel](ClientLogLevel level, const Json& data) {
    const auto wanted = isModern(revision) ? asked : session->logLevel();
    if (!wanted || level < *wanted || running->isCancelled()) return;
    sink->notify(notificationMessage("notifications/message",
                                     {{"level", toString(level)}, {"logger", "checkout"}, {"data", data}}));
  };
}

}  // namespace

CallContext callContext(const Request& request) {
  CallContext context;
  context.principal = request.context.principal;
  context.client = request.client;
  context.input = request.input;
  context.mayAskProvider = request.mayAskProvider;
  context.isCancelled = [running = request.running] { return running->isCancelled(); };
  context.log = clientLog(request);
  const auto meta = request.params().find("_meta");
  if (meta == request.params().end() || !meta->is_object()) return context;
  if (const auto trace = meta->find("traceparent");
      trace != meta->end() && trace->is_string() && isTraceparent(trace->get_ref<const std::string&>()))
    context.traceparent = trace->get<std::string>();
  const auto token = meta->find("progressToken");
  if (token != meta->end() && (token->is_string() || token->is_number_integer()))
    context.reportProgress = progressReporter(request, *token);
  return context;
}

}  // namespace checkout::mcp

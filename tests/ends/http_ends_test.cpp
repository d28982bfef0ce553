// Streamable HTTP: each request has its own connection, and sessions outlive them.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "ends/play.hpp"
#include "transport/streamable_http.hpp"

namespace checkout::ends {
namespace {

// A connection of the client. It goes on when its client does not, as the HTTP server's exchange does.
class Wire final : public HttpResponder {
 public:
  void respond(HttpResponse response) override {
    if (std::exchange(finished_, true)) ADD_FAILURE() << "a request was answered twice";
    session = response.headers.get("Mcp-Session-Id").value_or("");
    if (!response.body.empty()) take(response.body);
  }
  void begin(int, HttpHeaders) override { streaming_ = true; }
  bool write(std::string chunk) override {
    if (gone_ || full_ || finished_) return false;
    for (auto at = chunk.find("data: {"); at != std::string::npos; at = chunk.find("data: {", at + 1))
      take(chunk.substr(at + 6, chunk.find('\n', at) - at - 6));
    return true;
  }
  void finish() override { finished_ = true; }
  void onDisconnect(std::function<void()> callback) override {
    gone_ ? callback() : callbacks_.push_back(std::move(callback));
  }

  // The client or the server cuts it. Answers that come later go nowhere.
  void cut() {
    if (std::exchange(gone_, true) || finished_) return;
    for (const auto& callback : std::exchange(callbacks_, {})) callback();
  }
  // No more is taken than was; then the server cuts it, from its own thread.
  void fill() { full_ = true; }
  bool isOpen() const { return !finished_ && !gone_; }
  bool hasBegun() const { return streaming_ || finished_; }

  std::string session;
  std::vector<Json> questions;
  int answers = 0;

 private:
  void take(const std::string& text) {
    if (gone_) return;
    const Json message = Json::parse(text);
    for (const Json& one : message.is_array() ? message : Json::array({message})) {
      if (one.contains("method") && one.contains("id")) questions.push_back(one["id"]);
      if (!one.contains("method") && one.value("id", Json()) == 5) ++answers;
    }
  }
  std::vector<std::function<void()>> callbacks_;
  bool streaming_ = false, finished_ = false, gone_ = false, full_ = false;
};

class HttpChannel final : public Channel {
 public:
  explicit HttpChannel(World& world) : world_(world) {}

  void open(const std::string& revision) override {
    revision_ = revision;
    if (isModern(revision)) return;
    const auto first = connect();
    endpoint_.post(
        request("POST",
                {{"jsonrpc", "2.0"},
                 {"id", 0},
                 {"method", "initialize"},
                 {"params",
                  {{"protocolVersion", revision}, {"capabilities", {{"elicitation", Json::object()}}}}}}),
        first);
    session_ = first->session;
    ASSERT_NE(session_, "");
    listening_ = connect();
    endpoint_.get(request("GET", {}), listening_);
  }
  void send(const Kind& kind) override {
    wire_ = connect();
    world_.reach(Stage::Accepted);
    // An exchange whose client is gone before it is begun does not reach its handler, but it may go in
    // between.
    world_.reach(Stage::Queued);
    const Json message = kind.message(revision_);
    HttpRequest http = request("POST", message);
    if (message.is_object() && isModern(revision_)) {
      http.headers.add("Mcp-Method", kind.method);
      if (kind.params.contains("name")) http.headers.add("Mcp-Name", kind.params["name"].get<std::string>());
      if (kind.params.contains("uri")) http.headers.add("Mcp-Name", kind.params["uri"].get<std::string>());
    }
    endpoint_.post(http, wire_);
    if (!wire_->questions.empty()) world_.reach(Stage::Asking);
    if (wire_->hasBegun()) world_.reach(Stage::Told);
    world_.announce();
    world_.reach(Stage::Announced);
  }
  void respond() override {
    const auto asked = std::exchange(wire_->questions, {});
    for (const Json& id : asked)
      tell({{"jsonrpc", "2.0"}, {"id", id}, {"result", {{"action", "accept"}, {"content", Json::object()}}}});
  }
  // The process of the client ends; the server gives its session up when it was idle for long.
  void leave() override {
    if (wire_) finishExchange();
    for (const auto& wire : wires_) wire->cut();
    world_.letTimePass();
    tidyMuchLater();
  }
  int answers() const override {
    int all = 0;
    for (const auto& wire : wires_) all += wire->answers;
    return all;
  }
  std::string leftOpen() const override {
    std::string trouble;
    const auto gauges = endpoint_.gauges();
    if (gauges.sessions != 0) trouble += std::to_string(gauges.sessions) + " sessions; ";
    if (gauges.streams != 0) trouble += std::to_string(gauges.streams) + " streams; ";
    return trouble + left_;
  }

  // What can happen to it.
  void halfClose() {}  // the connection knows, and nobody is told: http_stream_test.cpp
  void reset() { wire_->cut(); }
  void remove() {
    if (session_.empty()) return;
    endpoint_.remove(request("DELETE", {}), connect());
  }
  void cancel() {
    tell({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 5}}}});
  }
  void stop() {
    stopped_ = true;
    endpoint_.stop();
  }
  void idle() {
    listening_ ? listening_->cut() : void();
    world_.letTimePass();
    tidyMuchLater();
  }
  void fill() {
    wire_->fill();
    filled_ = true;
  }

 private:
  std::shared_ptr<Wire> connect() {
    wires_.push_back(std::make_shared<Wire>());
    return wires_.back();
  }
  HttpRequest request(const std::string& method, const Json& body) const {
    HttpRequest request;
    request.method = method;
    request.target = "/mcp";
    request.peer = "192.0.2.1";
    request.headers.add("Accept", "application/json, text/event-stream");
    request.headers.add("Content-Type", "application/json");
    request.headers.add("MCP-Protocol-Version", revision_);
    if (!session_.empty()) request.headers.add("Mcp-Session-Id", session_);
    request.body = body.dump();
    return request;
  }
  // Once for the streams whose connections are gone, which count as heard until then, and once for sessions.
  void tidyMuchLater() {
    const auto later = std::chrono::steady_clock::now() + std::chrono::hours(2);
    for (int i = 0; i < 2; ++i) endpoint_.tidy(later);
  }
  void tell(const Json& message) { endpoint_.post(request("POST", message), connect()); }
  // A server that has stopped, or ended a session, has nothing open that only its client could end.
  void finishExchange() {
    if (filled_) wire_->cut();
    if (stopped_ && wire_->isOpen()) left_ += "a connection is open though the server has stopped; ";
  }

  World& world_;
  transport::StreamableHttp endpoint_{world_.server()};
  std::string revision_, session_, left_;
  std::vector<std::shared_ptr<Wire>> wires_;
  std::shared_ptr<Wire> wire_, listening_;
  bool stopped_ = false, filled_ = false;
};

Transport http() {
  const auto end = [](std::string name, void (HttpChannel::*what)(), bool harmless = false) {
    return End{std::move(name), [what](Channel& channel) { (static_cast<HttpChannel&>(channel).*what)(); },
               harmless};
  };
  return {[](World& world) { return std::make_unique<HttpChannel>(world); },
          {end("half-close", &HttpChannel::halfClose, true), end("reset", &HttpChannel::reset),
           end("DELETE", &HttpChannel::remove), end("cancel", &HttpChannel::cancel),
           end("SIGTERM", &HttpChannel::stop), end("an idle timeout", &HttpChannel::idle),
           end("a full queue", &HttpChannel::fill)}};
}

TEST(HttpEnds, LeaveNothingBehindAndDisturbNobody) {
  playAll(http(), std::random_device()());
}

}  // namespace
}  // namespace checkout::ends

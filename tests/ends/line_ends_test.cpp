// The engine as a transport of lines uses it: one session, one channel, and a queue of work between accepting
// a message and running it.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "ends/play.hpp"

namespace checkout::ends {
namespace {

// What the client gets. Owned by the engine's sinks too, as any channel is.
struct Line {
  World* world = nullptr;
  bool reads = true, broken = false;
  std::vector<Json> questions;
  int answers = 0, open = 0;  // requests without a reply

  void take(const std::string& text) {
    if (broken) return;
    const Json message = Json::parse(text);
    for (const Json& one : message.is_array() ? message : Json::array({message})) {
      if (one.contains("method") && one.contains("id")) questions.push_back(one["id"]);
      if (one.contains("method")) continue;
      if (one.value("id", Json()) == 5) ++answers;
    }
    if (text.find("resources/updated") != std::string::npos) world->reach(Stage::Announced);
  }
};

class PlayedOutlet final : public mcp::Outlet {
 public:
  explicit PlayedOutlet(std::shared_ptr<Line> line) : line_(std::move(line)) {}
  void send(std::string message) override { line_->take(message); }

 private:
  const std::shared_ptr<Line> line_;
};

class PlayedSink final : public mcp::ReplySink {
 public:
  explicit PlayedSink(std::shared_ptr<Line> line) : line_(std::move(line)) { ++line_->open; }
  void notify(std::string message) override {
    line_->take(message);
    line_->world->reach(Stage::Told);
  }
  bool ask(std::string message) override {
    if (line_->reads) line_->take(message);
    line_->world->reach(Stage::Asking);
    return line_->reads;
  }
  void reply(mcp::Reply reply) override {
    --line_->open;
    if (++replies_ > 1) ADD_FAILURE() << "a sink was replied to twice";
    if (!reply.body.empty()) line_->take(reply.body);
  }

 private:
  const std::shared_ptr<Line> line_;
  int replies_ = 0;
};

class LineChannel final : public Channel {
 public:
  explicit LineChannel(World& world) : world_(world) { line_->world = &world; }

  void open(const std::string& revision) override {
    revision_ = revision;
    session_ = world_.server().newSession(outlet_);
    if (isModern(revision)) return;
    tell({{"jsonrpc", "2.0"},
          {"id", 0},
          {"method", "initialize"},
          {"params", {{"protocolVersion", revision}, {"capabilities", {{"elicitation", Json::object()}}}}}});
  }
  void send(const Kind& kind) override {
    world_.reach(Stage::Accepted);
    if (hasEnded_) return;
    const mcp::Work work = accept(kind.message(revision_));
    world_.reach(Stage::Queued);
    if (work) work();
  }
  void respond() override {
    for (const Json& id : std::exchange(line_->questions, {}))
      tell({{"jsonrpc", "2.0"}, {"id", id}, {"result", {{"action", "accept"}, {"content", Json::object()}}}});
  }
  void leave() override {
    end();
    line_->broken = true;
    session_ = nullptr;
  }
  int answers() const override { return line_->answers; }
  std::string leftOpen() const override {
    return line_->open == 0 ? "" : std::to_string(line_->open) + " requests were never replied to; ";
  }

  // What can happen to it.
  void end() {
    hasEnded_ = true;
    mcp::Server::endSession(session_);
  }
  void breakDown() {
    line_->broken = true;
    hasEnded_ = true;
    mcp::Server::streamClosed(session_);
  }
  void cancel() {
    tell({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 5}}}});
  }
  void stopReading() { line_->reads = false; }
  void letTimePass() {
    world_.letTimePass();
    if (session_) world_.server().expireQuestions(session_);
  }

 private:
  mcp::Work accept(const Json& message) {
    return world_.server().accept(message.dump(), session_, {}, std::make_shared<PlayedSink>(line_));
  }
  void tell(const Json& message) {
    if (hasEnded_) return;
    if (const mcp::Work work = accept(message)) work();
  }

  World& world_;
  const std::shared_ptr<Line> line_ = std::make_shared<Line>();
  const std::shared_ptr<PlayedOutlet> outlet_ = std::make_shared<PlayedOutlet>(line_);
  std::string revision_;
  std::shared_ptr<mcp::Session> session_;
  bool hasEnded_ = false;
};

Transport lines() {
  const auto end = [](std::string name, void (LineChannel::*what)(), bool harmless = false) {
    return End{std::move(name), [what](Channel& channel) { (static_cast<LineChannel&>(channel).*what)(); },
               harmless};
  };
  return {[](World& world) { return std::make_unique<LineChannel>(world); },
          {end("EOF", &LineChannel::end), end("a broken pipe", &LineChannel::breakDown),
           end("cancel", &LineChannel::cancel), end("a full queue", &LineChannel::stopReading, true),
           end("time that passes", &LineChannel::letTimePass, true)}};
}

TEST(LineEnds, LeaveNothingBehindAndDisturbNobody) {
  playAll(lines(), std::random_device()());
}

}  // namespace
}  // namespace checkout::ends

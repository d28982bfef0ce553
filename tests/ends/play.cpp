#include "ends/play.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "unit/mcp/fake_features.hpp"

namespace checkout::ends {
namespace {

constexpr char kMemo[] = "memo://inbox/a b";
const Json kCanAnswer = {{"elicitation", Json::object()}};

// The resources of the engine's tests, which say when they are looked at.
class WatchedMemos final : public ResourceFamily {
 public:
  explicit WatchedMemos(World* world) : world_(world) {}
  const ResourceDescriptor& descriptor() const override { return memos_.descriptor(); }
  Result<std::optional<ResourceContents>> read(const NamedValues& names,
                                               const Principal& caller) const override {
    world_->reach(Stage::Begun);
    return memos_.read(names, caller);
  }
  Result<bool> isWatchable(const NamedValues& names, const Principal& caller) const override {
    world_->reach(Stage::Begun);
    return memos_.isWatchable(names, caller);
  }

 private:
  World* world_;
  mcp::testing::FakeMemos memos_;
};

std::string describe(const std::string& revision, const Kind& kind,
                     const std::vector<std::pair<Stage, const End*>>& plan) {
  std::string text = kind.name + " in " + revision;
  for (const auto& [stage, end] : plan) text += ", " + end->name + " when " + nameOf(stage);
  return text;
}

std::string play(World& world, const Transport& transport, const std::string& revision, const Kind& kind,
                 std::vector<std::pair<Stage, const End*>> plan) {
  auto channel = transport.connect(world);
  channel->open(revision);
  auto left = plan;
  world.begin([&](Stage stage) {
    for (auto one = left.begin(); one != left.end();) {
      if (one->first != stage) {
        ++one;
        continue;
      }
      const End* end = one->second;
      left.erase(one);
      end->happens(*channel);
      one = left.begin();
    }
  });
  channel->send(kind);
  world.announce();
  channel->respond();
  world.reach(Stage::Answered);
  world.announce();
  const bool harmless =
      std::all_of(plan.begin(), plan.end(), [](const auto& one) { return one.second->harmless; });
  const bool lasts = kind.method == "subscriptions/listen";
  const int answers = channel->answers();
  channel->leave();
  world.begin([](Stage) {});
  std::string trouble = channel->leftOpen();
  channel.reset();
  trouble += world.judge();
  if (answers > 1) trouble += "answered " + std::to_string(answers) + " times; ";
  if (harmless && !lasts && answers != 1) trouble += "not answered; ";
  return trouble;
}

}  // namespace

const char* nameOf(Stage stage) {
  constexpr const char* kNames[] = {"accepted", "queued", "begun", "asking", "told", "announced", "answered"};
  return kNames[static_cast<int>(stage)];
}

bool isModern(const std::string& revision) {
  return revision == kRevisions[0];
}

bool Kind::existsIn(const std::string& revision) const {
  if (era == Era::Batches) return revision == "2025-03-26";
  return era == Era::Both || (era == Era::Modern) == isModern(revision);
}

Json Kind::message(const std::string& revision) const {
  Json message = {{"jsonrpc", "2.0"}, {"id", 5}, {"method", method}, {"params", params}};
  if (isModern(revision)) {
    message["params"]["_meta"] = mcp::testing::modernMeta();
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = kCanAnswer;
  }
  if (era == Era::Batches) return Json::array({message});
  return message;
}

const std::vector<Kind>& kinds() {
  using Era = Kind::Era;
  static const std::vector<Kind> kAll = {
      {"initialize",
       "initialize",
       {{"protocolVersion", "2025-11-25"}, {"capabilities", kCanAnswer}},
       Era::Handshake},
      {"ping", "ping", Json::object(), Era::Handshake},
      {"logging/setLevel", "logging/setLevel", {{"level", "info"}}, Era::Handshake},
      {"server/discover", "server/discover", Json::object(), Era::Modern},
      {"tools/list", "tools/list"},
      {"a call with an effect", "tools/call", {{"name", "busy"}}},
      {"a call that reports progress",
       "tools/call",
       {{"name", "busy"}, {"arguments", {{"slowly", true}}}, {"_meta", {{"progressToken", "p"}}}},
       Era::Handshake},
      {"a call that asks", "tools/call", {{"name", "ask"}}},
      {"a call in a batch", "tools/call", {{"name", "busy"}}, Era::Batches},
      {"a call that would ask, in a batch", "tools/call", {{"name", "ask"}}, Era::Batches},
      {"resources/list", "resources/list"},
      {"resources/templates/list", "resources/templates/list"},
      {"resources/read", "resources/read", {{"uri", kMemo}}},
      {"resources/subscribe", "resources/subscribe", {{"uri", kMemo}}, Era::Handshake},
      {"resources/subscribe in a batch", "resources/subscribe", {{"uri", kMemo}}, Era::Batches},
      {"resources/unsubscribe", "resources/unsubscribe", {{"uri", kMemo}}, Era::Handshake},
      {"prompts/list", "prompts/list"},
      {"prompts/get", "prompts/get", {{"name", "greet"}, {"arguments", {{"who", "you"}}}}},
      {"a prompt that asks", "prompts/get", {{"name", "greet"}, {"arguments", {{"who", "ask"}}}}},
      {"completion/complete",
       "completion/complete",
       {{"ref", {{"type", "ref/prompt"}, {"name", "greet"}}},
        {"argument", {{"name", "who"}, {"value", "x"}}}}},
      {"subscriptions/listen",
       "subscriptions/listen",
       {{"notifications", {{"resourceSubscriptions", {"memo://inbox/a%20b"}}}}},
       Era::Modern},
      {"an unknown method", "no/such"},
  };
  return kAll;
}

struct World::Bystander {
  struct Quiet final : mcp::ReplySink, mcp::Outlet {
    std::vector<Json> heard;
    int replies = 0;
    void notify(std::string message) override { send(std::move(message)); }
    bool ask(std::string) override { return false; }
    void reply(mcp::Reply) override { ++replies; }
    void send(std::string message) override {
      Json json = Json::parse(message);
      if (json["method"] == "notifications/resources/updated") heard.push_back(std::move(json));
    }
  };

  explicit Bystander(const mcp::Server& server)
      : listening(server.newSession({}, "bystander")), subscribed(server.newSession(outlet, "bystander")) {
    const auto say = [&](const auto& session, const Json& message, const auto& sink) {
      server.handle(message.dump(), session, {}, sink);
    };
    Json listen = mcp::testing::modern("subscriptions/listen");
    listen["params"]["notifications"] = {{"resourceSubscriptions", {kMemo}}};
    say(listening, listen, sink);
    const auto ignored = std::make_shared<Quiet>();
    say(subscribed, kinds()[0].message("2025-11-25"), ignored);
    say(subscribed,
        {{"jsonrpc", "2.0"}, {"id", 2}, {"method", "resources/subscribe"}, {"params", {{"uri", kMemo}}}},
        ignored);
  }
  std::shared_ptr<Quiet> sink = std::make_shared<Quiet>(), outlet = std::make_shared<Quiet>();
  std::shared_ptr<mcp::Session> listening, subscribed;
};

World::World() {
  mcp::Features features;
  features.tools =
      mcp::testing::fakeTools([this](const Json& arguments, CallContext& context) -> Result<Json> {
        reach(Stage::Begun);
        ++effects_;
        if (arguments.contains("slowly")) context.reportProgress(1, 2, "half");
        return Json::object();
      });
  features.tools.push_back(
      {mcp::testing::kAskDescriptor,
       std::make_unique<mcp::testing::AskingTool>("ask", [this](CallContext& context) -> Result<ToolOutcome> {
         reach(Stage::Begun);
         if (!context.input.elicited("q") && context.client.elicitForm)
           return ToolOutcome(InputNeeded{{elicitForm("q", "?", {{"type", "object"}})}, {}});
         ++effects_;
         return ToolOutcome(Json::object());
       })});
  features.resources.push_back(std::make_unique<WatchedMemos>(this));
  features.prompts.push_back(std::make_unique<mcp::testing::FakeGreeting>());
  mcp::ServerOptions options;
  options.clock = &clock_;
  server_ = std::make_unique<mcp::Server>(mcp::testing::fakeInfo(), std::move(features), options);
  bystander_ = std::make_unique<Bystander>(*server_);
}

World::~World() = default;

void World::announce() {
  ++announced_;
  server_->announce({kMemo, nullptr});
}

void World::letTimePass() {
  clock_.time += mcp::ServerOptions{}.answerLifetime;
}

void World::begin(std::function<void(Stage)> at) {
  at_ = std::move(at);
}

std::string World::judge() {
  std::string trouble;
  const auto expect = [&](const char* what, std::int64_t is, std::int64_t shouldBe) {
    if (is != shouldBe)
      trouble +=
          std::string(what) + ": " + std::to_string(is) + " instead of " + std::to_string(shouldBe) + "; ";
  };
  const mcp::EngineGauges gauges = server_->gauges();
  expect("sessions", gauges.sessions, 2);
  expect("subscriptions", gauges.subscriptions, 2);
  expect("running calls", gauges.runningCalls, 1);
  expect("open questions", gauges.openQuestions, 0);
  expect("heard by the bystander's listening", static_cast<std::int64_t>(bystander_->sink->heard.size()),
         announced_);
  expect("heard by the bystander's subscription", static_cast<std::int64_t>(bystander_->outlet->heard.size()),
         announced_);
  expect("replies to the bystander's listening", bystander_->sink->replies, 0);
  for (const Json& message : bystander_->sink->heard)
    if (message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] != 7)
      trouble += "the bystander heard another's; ";
  if (effects_ > 1) trouble += "took effect " + std::to_string(effects_) + " times; ";
  effects_ = 0;
  announced_ = 0;
  bystander_->sink->heard.clear();
  bystander_->outlet->heard.clear();
  return trouble;
}

void playAll(const Transport& transport, unsigned seed, int triples) {
  World world;
  int plays = 0, failures = 0;
  const auto perform = [&](const std::string& revision, const Kind& kind,
                           const std::vector<std::pair<Stage, const End*>>& plan) {
    ++plays;
    const std::string trouble = play(world, transport, revision, kind, plan);
    if (trouble.empty()) return true;
    ADD_FAILURE() << describe(revision, kind, plan) << ": " << trouble;
    return ++failures < 10;
  };
  for (const char* revision : kRevisions)
    for (const Kind& kind : kinds())
      if (kind.existsIn(revision))
        for (const Stage stage : kStages)
          for (const End& end : transport.ends)
            if (!perform(revision, kind, {{stage, &end}})) return;
  std::mt19937 random(seed);
  const auto any = [&](const auto& of) -> const auto& {
    return of[random() % of.size()];
  };
  for (int i = 0; i < triples; ++i) {
    const std::string revision = any(kRevisions);
    const Kind& kind = any(kinds());
    if (!kind.existsIn(revision)) continue;
    std::vector<std::pair<Stage, const End*>> plan;
    for (int j = 0; j < 3; ++j) plan.emplace_back(any(kStages), &any(transport.ends));
    if (!perform(revision, kind, plan)) return;
  }
  std::printf("%d plays, seed %u\n", plays, seed);
}

}  // namespace checkout::ends

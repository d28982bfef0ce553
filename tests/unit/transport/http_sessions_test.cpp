// Sessions and event streams of the handshake revisions over HTTP.
#include <gmock/gmock.h>

#include "transport/streamable_http.hpp"
#include "unit/mcp/fake_features.hpp"
#include "unit/transport/recorder.hpp"

namespace checkout::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kMemoUri[] = "memo://inbox/a b";

class Sessions : public ::testing::Test {
 protected:
  using Answer = std::shared_ptr<Recorder>;

  Answer post(const Json& message, const std::string& session = "",
              const std::string& revision = "2025-11-25") {
    HttpRequest request = of("POST", session, revision);
    request.headers.add("Content-Type", "application/json");
    request.body = message.dump();
    const auto answer = std::make_shared<Recorder>();
    endpoint->post(request, answer);
    return answer;
  }
  Answer get(const std::string& session, const std::string& lastEventId = "") {
    HttpRequest request = of("GET", session, "2025-11-25");
    if (!lastEventId.empty()) request.headers.add("Last-Event-ID", lastEventId);
    const auto answer = std::make_shared<Recorder>();
    endpoint->get(request, answer);
    return answer;
  }
  Answer remove(const std::string& session, const std::string& revision = "2025-11-25") {
    const auto answer = std::make_shared<Recorder>();
    endpoint->remove(of("DELETE", session, revision), answer);
    return answer;
  }
  static HttpRequest of(const std::string& method, const std::string& session, const std::string& revision) {
    HttpRequest request;
    request.method = method;
    request.target = "/mcp";
    request.headers.add("Accept", "application/json, text/event-stream");
    if (!revision.empty()) request.headers.add("MCP-Protocol-Version", revision);
    if (!session.empty()) request.headers.add("Mcp-Session-Id", session);
    return request;
  }
  static Json request(const std::string& method, Json params = Json::object(), int id = 1) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
  }
  std::string open(const std::string& revision = "2025-11-25") {
    const auto answer = post(request("initialize", {{"protocolVersion", revision},
                                                    {"capabilities", {{"elicitation", Json::object()}}},
                                                    {"clientInfo", Json::object()}}),
                             "", "");
    return answer->response.headers.get("Mcp-Session-Id").value_or("");
  }
  // The ids of the events in `chunks`, in order.
  static std::vector<std::string> idsOf(const Recorder& answer) {
    std::vector<std::string> ids;
    for (const std::string& chunk : answer.chunks)
      if (chunk.starts_with("id: ")) ids.push_back(chunk.substr(4, chunk.find('\n') - 4));
    return ids;
  }
  static Json messageOf(const std::string& chunk) {
    return Json::parse(chunk.substr(chunk.find("data: ") + 6));
  }

  std::function<void()> during = [] {};
  mcp::Server server{mcp::testing::fakeInfo(),
                     mcp::testing::askingFeatures([this](CallContext& context) -> Result<ToolOutcome> {
                       during();
                       context.log(ClientLogLevel::Error, "one");
                       if (!context.input.elicited("q"))
                         return ToolOutcome(InputNeeded{{elicitForm("q", "?", {{"type", "object"}})}, {}});
                       return ToolOutcome(Json{{"answered", true}});
                     })};
  std::unique_ptr<StreamableHttp> endpoint = std::make_unique<StreamableHttp>(server);
};

TEST_F(Sessions, BeginWithInitializeAndEndWithDelete) {
  const std::string session = open();
  EXPECT_EQ(session.size(), 32u);
  EXPECT_NE(open(), session);
  EXPECT_EQ(post(request("ping"), session)->response.status, 200);
  EXPECT_EQ(remove(session)->response.status, 204);
  EXPECT_EQ(post(request("ping"), session)->response.status, 404);
  EXPECT_EQ(get(session)->response.status, 404);
  EXPECT_EQ(remove(session)->response.status, 404);
}

TEST_F(Sessions, RememberWhatTheClientIs) {
  const std::string session = open("2025-06-18");
  EXPECT_TRUE(post(request("tools/call", {{"name", "ask"}}), session, "")->begun);  // it can be asked
  EXPECT_EQ(post(request("tools/call", {{"name", "ask"}}), "", "2025-06-18")->body()["error"]["code"],
            -32021);
}

TEST_F(Sessions, AreNoAffairOfTheModernRevision) {
  const auto modern = [&](const std::string& session) {
    HttpRequest list = of("POST", session, "2026-07-28");
    list.headers.add("Content-Type", "application/json");
    list.headers.add("Mcp-Method", "tools/list");
    list.body = mcp::testing::modern("tools/list").dump();
    const auto answer = std::make_shared<Recorder>();
    endpoint->post(list, answer);
    return answer;
  };
  EXPECT_EQ(modern("unknown")->response.status, 200);
  EXPECT_EQ(modern("")->response.headers.get("Mcp-Session-Id"), std::nullopt);
  EXPECT_EQ(remove(open(), "2026-07-28")->response.status, 405);
  EXPECT_EQ(remove(open(), "2026-07-28")->response.headers.get("Allow"), "POST");
}

TEST_F(Sessions, AreNeededForGetAndDelete) {
  EXPECT_EQ(get("")->response.status, 405);
  EXPECT_EQ(remove("")->response.status, 400);
  EXPECT_EQ(get("unknown")->response.status, 404);
}

TEST_F(Sessions, RefuseAVersionThatDoesNotExist) {
  const std::string session = open();
  for (const char* method : {"GET", "DELETE"}) {
    const auto answer = std::make_shared<Recorder>();
    const HttpRequest request = of(method, session, "2099-01-01");
    std::string(method) == "GET" ? endpoint->get(request, answer) : endpoint->remove(request, answer);
    EXPECT_EQ(answer->response.status, 400) << method;
    EXPECT_EQ(answer->body()["error"]["code"], -32022) << method;
    EXPECT_FALSE(answer->begun);
  }
  EXPECT_EQ(post(request("ping"), session)->response.status, 200);
}

TEST_F(Sessions, AnswerHeadWithoutTakingTheStream) {
  const std::string session = open();
  const auto stream = get(session), head = std::make_shared<Recorder>();
  endpoint->get(of("HEAD", session, "2025-11-25"), head);
  EXPECT_EQ(head->response.status, 200);
  EXPECT_EQ(head->response.headers.get("Content-Type"), "text/event-stream");
  EXPECT_TRUE(head->finished);
  EXPECT_FALSE(stream->finished);
}

TEST_F(Sessions, EndTheStreamOfACallThatIsCancelledWhileItsClientIsAsked) {
  const std::string session = open();
  const auto call = post(request("tools/call", {{"name", "ask"}}, 5), session);
  ASSERT_EQ(server.gauges().openQuestions, 1);
  post({{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", 5}}}}, session);
  EXPECT_TRUE(call->finished);
  EXPECT_EQ(server.gauges().openQuestions, 0);
  EXPECT_EQ(server.gauges().runningCalls, 0);
}

TEST_F(Sessions, LeaveNothingBehindWhoseClientIsAskedAfterTheEnd) {
  std::string session;
  during = [&] { remove(session); };  // while the tool runs that is about to ask
  session = open();
  const auto call = post(request("tools/call", {{"name", "ask"}}, 5), session);
  EXPECT_TRUE(call->finished);
  EXPECT_EQ(endpoint->gauges().streams, 0);
  EXPECT_EQ(endpoint->gauges().sessions, 0);
  EXPECT_EQ(server.gauges().openQuestions, 0);
  EXPECT_EQ(server.gauges().sessions, 0);
}

TEST_F(Sessions, AreNotBegunForAClientThatHasLeft) {
  HttpRequest first = of("POST", "", "");
  first.headers.add("Content-Type", "application/json");
  first.body = request("initialize", {{"protocolVersion", "2025-11-25"}}).dump();
  struct Gone final : HttpResponder {
    void respond(HttpResponse) override {}
    void begin(int, HttpHeaders) override {}
    bool write(std::string) override { return false; }
    void finish() override {}
    void onDisconnect(std::function<void()> callback) override { callback(); }
  };
  endpoint->post(first, std::make_shared<Gone>());
  EXPECT_EQ(endpoint->gauges().sessions, 0);
}

TEST_F(Sessions, CountForTheAddressThatTheProxyNames) {
  mcp::ServerOptions few;
  few.maxSubscriptionsPerClient = 1;
  mcp::Server fair(mcp::testing::fakeInfo(), mcp::testing::allFeatures(), few);
  StreamableHttp door(fair);
  std::vector<Answer> listening;
  const auto listenFrom = [&](const std::string& peer, const std::string& forwarded) {
    HttpRequest listen = of("POST", "", "2026-07-28");
    listen.peer = peer;
    if (!forwarded.empty()) listen.headers.add("X-Forwarded-For", forwarded);
    listen.headers.add("Content-Type", "application/json");
    listen.headers.add("Mcp-Method", "subscriptions/listen");
    listen.body = mcp::testing::modern("subscriptions/listen", {{"notifications", Json::object()}}).dump();
    listening.push_back(std::make_shared<Recorder>());
    door.post(listen, listening.back());
    return listening.back()->begun;
  };
  EXPECT_TRUE(listenFrom("127.0.0.1", "198.51.100.1"));
  EXPECT_FALSE(listenFrom("127.0.0.1", "203.0.113.9, 198.51.100.1"));  // the first is the client's own word
  EXPECT_TRUE(listenFrom("127.0.0.1", "198.51.100.1, 203.0.113.9"));
  EXPECT_TRUE(listenFrom("127.0.0.1", ""));
  EXPECT_FALSE(listenFrom("127.0.0.1", ""));
  EXPECT_TRUE(listenFrom("192.0.2.1", "203.0.113.77"));
  EXPECT_FALSE(listenFrom("192.0.2.1", "203.0.113.78"));  // not behind a proxy of ours
  EXPECT_TRUE(listenFrom("127.0.0.1", "2001:db8:0:1::1"));
  EXPECT_FALSE(listenFrom("127.0.0.1", "2001:db8:0:1:ffff::2"));  // the same network, as one host has it
  EXPECT_TRUE(listenFrom("127.0.0.1", "2001:db8:0:2::1"));
  EXPECT_TRUE(listenFrom("127.0.0.1", "made up"));
  EXPECT_FALSE(listenFrom("127.0.0.1", "made up, too"));
  door.stop();
  EXPECT_EQ(fair.gauges().subscriptions, 0);
}

TEST_F(Sessions, TellOfChangesOnTheGetStream) {
  const std::string session = open();
  EXPECT_TRUE(post(request("resources/subscribe", {{"uri", kMemoUri}}), session)->body().contains("result"));
  server.announce({kMemoUri, nullptr});  // before anybody listens: it waits
  const auto stream = get(session);
  server.announce({kMemoUri, nullptr});
  EXPECT_EQ(stream->response.headers.get("Content-Type"), "text/event-stream");
  ASSERT_EQ(stream->chunks.size(), 3u);
  EXPECT_EQ(stream->chunks[0], "id: listen.0\ndata: \n\n");  // to come back with
  EXPECT_THAT(idsOf(*stream), ElementsAre("listen.0", "listen.1", "listen.2"));
  EXPECT_EQ(messageOf(stream->chunks[2])["params"]["uri"], kMemoUri);
}

TEST_F(Sessions, SendEachEventOnceHoweverOftenTheClientReturns) {
  const std::string session = open();
  post(request("resources/subscribe", {{"uri", kMemoUri}}), session);
  const auto first = get(session);
  server.announce({kMemoUri, nullptr});
  first->gone = true;
  server.announce({kMemoUri, nullptr});
  const auto second = get(session);
  EXPECT_THAT(idsOf(*second),
              ElementsAre("listen.1", "listen.2"));  // the id to come back with, and the missed one
  const auto third = get(session, "listen.1");
  EXPECT_TRUE(second->finished);
  EXPECT_THAT(idsOf(*third), ElementsAre("listen.2"));
}

TEST_F(Sessions, ResumeTheStreamOfACall) {
  const std::string session = open();
  const auto call = post(request("tools/call", {{"name", "ask"}}, 5), session);
  ASSERT_EQ(idsOf(*call), (std::vector<std::string>{"1.0", "1.1"}));
  call->gone = true;  // which does not cancel the call
  call->disconnect();
  const Json question = messageOf(call->chunks[1]);
  const auto response =
      post({{"jsonrpc", "2.0"}, {"id", question["id"]}, {"result", {{"action", "accept"}}}}, session);
  EXPECT_EQ(response->response.status, 202);
  const auto resumed = get(session, "1.1");
  ASSERT_EQ(resumed->chunks.size(), 1u);
  EXPECT_EQ(messageOf(resumed->chunks[0])["id"], 5);
  EXPECT_EQ(messageOf(resumed->chunks[0])["result"]["structuredContent"]["answered"], true);
  EXPECT_TRUE(resumed->finished);
  EXPECT_EQ(get(session, "9.1")->response.status, 400);
  EXPECT_EQ(get(session, "nonsense")->response.status, 400);
}

TEST_F(Sessions, PrimeStreamsOnlyForRevisionsThatKnowIt) {
  const std::string session = open("2025-06-18");
  const auto call = post(request("tools/call", {{"name", "ask"}}), session, "2025-06-18");
  EXPECT_THAT(call->chunks.at(0), StartsWith("id: 1.1\nevent: message\ndata: {"));
  EXPECT_THAT(call->chunks.at(0), EndsWith("}\n\n"));
}

TEST_F(Sessions, OfLongAgoMakeRoomForNewOnes) {
  endpoint = std::make_unique<StreamableHttp>(server, StreamableHttpOptions{.maxSessions = 2});
  const std::string first = open(), second = open();
  EXPECT_EQ(post(request("ping"), first)->response.status,
            200);  // now the second is the one unused for longest
  const std::string third = open();
  EXPECT_EQ(post(request("ping"), second)->response.status, 404);
  EXPECT_EQ(post(request("ping"), first)->response.status, 200);
  EXPECT_EQ(post(request("ping"), third)->response.status, 200);
}

TEST_F(Sessions, OfOneClientMakeRoomForItsOwn) {
  endpoint = std::make_unique<StreamableHttp>(server, StreamableHttpOptions{.maxSessions = 3});
  const std::string honest = open();
  const auto openFrom = [&](const std::string& peer) {
    HttpRequest opening = of("POST", "", "");
    opening.peer = peer;
    opening.headers.add("Content-Type", "application/json");
    opening.body = request("initialize", {{"protocolVersion", "2025-11-25"},
                                          {"capabilities", Json::object()},
                                          {"clientInfo", Json::object()}})
                       .dump();
    const auto answer = std::make_shared<Recorder>();
    endpoint->post(opening, answer);
    return answer->response.headers.get("Mcp-Session-Id").value_or("");
  };
  for (int i = 0; i < 10; ++i) EXPECT_NE(openFrom("203.0.113.9"), "");
  EXPECT_EQ(post(request("ping"), honest)->response.status, 200) << "a flood ends its own";
}

TEST_F(Sessions, EndTheirStreamsWhenTheServerStops) {
  const std::string session = open();
  const auto stream = get(session);
  HttpRequest listen = of("POST", "", "2026-07-28");
  listen.headers.add("Content-Type", "application/json");
  listen.headers.add("Mcp-Method", "subscriptions/listen");
  listen.body = mcp::testing::modern("subscriptions/listen", {{"notifications", Json::object()}}).dump();
  const auto listening = std::make_shared<Recorder>();
  endpoint->post(listen, listening);
  EXPECT_FALSE(listening->finished);
  endpoint->stop();
  EXPECT_TRUE(stream->finished);
  EXPECT_TRUE(listening->finished);
  EXPECT_THAT(listening->chunks.back(), HasSubstr(R"("resultType":"complete")"));
  EXPECT_THAT(listening->chunks.front(), StartsWith("event: message\ndata: "));  // no ids: nothing to resume
}

TEST_F(Sessions, StreamsAreKeptAlive) {
  endpoint = std::make_unique<StreamableHttp>(server, StreamableHttpOptions{.keepAlive = Milliseconds(1)});
  const auto stream = get(open());
  const auto hasBeat = [&] {
    std::lock_guard lock(stream->mutex);
    return !stream->chunks.empty() && stream->chunks.back() == ": \n\n";
  };
  while (!hasBeat()) std::this_thread::yield();
}

TEST_F(Sessions, WithoutUseEndByThemselves) {
  endpoint = std::make_unique<StreamableHttp>(
      server, StreamableHttpOptions{.keepAlive = Milliseconds(1), .sessionIdle = Milliseconds(0)});
  const std::string session = open();
  while (post(request("ping"), session)->response.status != 404) std::this_thread::yield();
}

TEST_F(Sessions, KeepALimitedAmountForClientsThatComeBack) {
  const std::string id = open();
  const auto session = HttpSession::make(server, "client");
  std::vector<std::shared_ptr<SseStream>> ended;
  for (int i = 0; i < 20; ++i) {
    ended.push_back(session->newStream());
    ended.back()->send(std::string(100'000, 'x'));
    ended.back()->end();
  }
  std::size_t kept = 0;
  for (int i = 1; i <= 20; ++i)
    if (const auto stream = session->findStream(std::to_string(i))) kept += stream->keptBytes();
  EXPECT_GT(kept, 0u);
  EXPECT_LE(kept, 400'000u);
}

TEST(SseStreamTest, KeepsALimitedNumberOfEvents) {
  SseStream stream("s");
  for (int i = 0; i < 300; ++i) stream.send("{}");
  const auto answer = std::make_shared<Recorder>();
  stream.carry(answer, 0, false);
  EXPECT_EQ(answer->chunks.size(), 256u);
  EXPECT_THAT(answer->chunks.front(), StartsWith("id: s.45\n"));
}

TEST(SseStreamTest, EveryLineOfAMessageIsADataLine) {
  SseStream stream;
  const auto answer = std::make_shared<Recorder>();
  stream.carry(answer, std::nullopt, true);
  stream.send("{\n\"a\": 1\n}");
  EXPECT_THAT(answer->chunks, ElementsAre("event: message\ndata: {\ndata: \"a\": 1\ndata: }\n\n"));
}

TEST(SseStreamTest, ReadsItsOwnEventIdsOnly) {
  const auto read = SseStream::parseEventId("listen.17");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->stream, "listen");
  EXPECT_EQ(read->number, 17u);
  for (const char* text : {"", "listen", "listen.", "listen.x", "listen.1x", "listen.-1"})
    EXPECT_FALSE(SseStream::parseEventId(text)) << text;
}

}  // namespace
}  // namespace checkout::transport

#include "transport/streamable_http.hpp"

#include <algorithm>
#include <iterator>

#include <gmock/gmock.h>

#include "unit/mcp/fake_tools.hpp"
#include "unit/transport/recorder.hpp"

namespace checkout::transport {
namespace {

using mcp::testing::Body;
using ::testing::HasSubstr;

class Post : public ::testing::Test {
 protected:
  void serve(Body busy) {
    server_ =
        std::make_unique<mcp::Server>(mcp::testing::fakeInfo(), mcp::testing::fakeFeatures(std::move(busy)));
  }
  std::shared_ptr<Recorder> post(const HttpRequest& request) {
    endpoint().post(request, recorder_);
    return recorder_;
  }
  // A modern request with every header that the specification asks for.
  static HttpRequest modern(const std::string& method, const Json& params = Json::object()) {
    HttpRequest request = plain(mcp::testing::modern(method, params));
    request.headers.add("MCP-Protocol-Version", "2026-07-28");
    request.headers.add("mcp-method", method);
    if (params.contains("name"))
      request.headers.add("MCP-NAME", "  " + params["name"].get<std::string>() + "\t");
    return request;
  }
  static HttpRequest plain(const Json& message) {
    HttpRequest request;
    request.method = "POST";
    request.target = "/mcp";
    request.headers.add("Content-Type", "application/json; charset=utf-8");
    request.headers.add("Accept", "application/json, text/event-stream");
    request.body = message.dump();
    return request;
  }

  StreamableHttp& endpoint() {
    if (!endpoint_) endpoint_ = std::make_unique<StreamableHttp>(*server_);
    return *endpoint_;
  }

  std::unique_ptr<mcp::Server> server_ =
      std::make_unique<mcp::Server>(mcp::testing::fakeInfo(), mcp::testing::fakeFeatures());
  std::unique_ptr<StreamableHttp> endpoint_;
  std::shared_ptr<Recorder> recorder_ = std::make_shared<Recorder>();
};

TEST_F(Post, AnswersWithJsonWhenThereIsNothingElseToSay) {
  const auto answer = post(modern("tools/call", {{"name", "busy"}}));
  EXPECT_EQ(answer->response.status, 200);
  EXPECT_EQ(answer->response.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(answer->body()["result"]["resultType"], "complete");
}

TEST_F(Post, StreamsOnceProgressIsReported) {
  serve([](const Json&, CallContext& context) -> Result<Json> {
    context.reportProgress(1, 2, "half");
    return Json::object();
  });
  Json params = {{"name", "busy"}};
  HttpRequest request = modern("tools/call", params);
  Json message = Json::parse(request.body);
  message["params"]["_meta"]["progressToken"] = "p";
  request.body = message.dump();
  const auto answer = post(request);
  ASSERT_TRUE(answer->begun && answer->finished);
  EXPECT_EQ(answer->response.headers.get("Content-Type"), "text/event-stream");
  EXPECT_EQ(answer->response.headers.get("X-Accel-Buffering"), "no");
  std::vector<std::string> events;  // without the heartbeats, which come when they want
  std::copy_if(answer->chunks.begin(), answer->chunks.end(), std::back_inserter(events),
               [](const std::string& chunk) { return !chunk.starts_with(":"); });
  ASSERT_EQ(events.size(), 2u);
  EXPECT_THAT(events[0], ::testing::StartsWith("event: message\ndata: {"));
  EXPECT_THAT(events[0], ::testing::EndsWith("}\n\n"));
  EXPECT_THAT(events[0], HasSubstr("notifications/progress"));
  EXPECT_THAT(events[1], HasSubstr("\"result\""));
}

TEST_F(Post, AcceptsNotificationsWithoutABody) {
  const auto answer = post(plain({{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}}));
  EXPECT_EQ(answer->response.status, 202);
  EXPECT_EQ(answer->response.body, "");
  EXPECT_EQ(answer->response.headers.get("Content-Type"), std::nullopt);
}

TEST_F(Post, ServesHandshakeClientsWithAndWithoutASession) {
  const auto opened = post(plain({{"jsonrpc", "2.0"},
                                  {"id", 1},
                                  {"method", "initialize"},
                                  {"params", {{"protocolVersion", "2025-06-18"}}}}));
  EXPECT_EQ(opened->body()["result"]["protocolVersion"], "2025-06-18");
  EXPECT_NE(opened->response.headers.get("Mcp-Session-Id"), std::nullopt);
  HttpRequest list = plain({{"jsonrpc", "2.0"}, {"id", 2}, {"method", "tools/list"}});
  EXPECT_EQ(post(list)->body()["result"]["tools"].size(), 3u);  // no header: 2025-03-26
  list.headers.add("MCP-Protocol-Version", "2025-11-25");
  EXPECT_EQ(post(list)->body()["result"]["tools"].size(), 3u);
}

TEST_F(Post, SendsProtocolErrorsWithTheirStatus) {
  EXPECT_EQ(post(modern("no/such"))->response.status, 404);
  EXPECT_EQ(recorder_->body()["error"]["code"], -32601);
  HttpRequest mismatched = modern("tools/list");
  mismatched.headers.set("Mcp-Method", "tools/call");
  EXPECT_EQ(post(mismatched)->response.status, 400);
  EXPECT_EQ(recorder_->body()["error"]["code"], -32020);
  HttpRequest broken = plain(Json());
  broken.body = "{";
  EXPECT_EQ(post(broken)->response.status, 400);
  EXPECT_EQ(recorder_->body()["error"]["code"], -32700);
}

TEST_F(Post, TakesAHeaderSentTwiceForAMismatch) {
  HttpRequest request = modern("tools/list");
  request.headers.add("Mcp-Method", "tools/call");
  EXPECT_EQ(post(request)->body()["error"]["code"], -32020);
}

TEST_F(Post, ComparesParameterHeadersWithTheArguments) {
  const Json params = {{"name", "routed"}, {"arguments", {{"tenant", "a"}}}};
  HttpRequest request = modern("tools/call", params);
  EXPECT_EQ(post(request)->body()["error"]["code"], -32020);
  request.headers.add("mcp-param-TENANT", "a");
  EXPECT_EQ(post(request)->response.status, 200);
  request.headers.add("Mcp-Param-Tenant", "b");
  EXPECT_EQ(post(request)->body()["error"]["code"], -32020);
}

TEST_F(Post, NeedsJson) {
  HttpRequest request = modern("tools/list");
  request.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(post(request)->response.status, 415);
}

TEST_F(Post, NeedsAClientThatTakesBothKindsOfAnswer) {
  HttpRequest request = modern("tools/list");
  for (const char* accept : {"text/html", "application/json", "text/event-stream"}) {
    request.headers.set("Accept", accept);
    EXPECT_EQ(post(request)->response.status, 406) << accept;
  }
  for (const char* accept : {"*/*", "Application/JSON;q=0.9,TEXT/event-stream", "application/*, text/*"}) {
    request.headers.set("Accept", accept);
    EXPECT_EQ(post(request)->response.status, 200) << accept;
  }
}

TEST_F(Post, CancelsAModernCallWhenItsClientGoesAway) {
  bool before = true, after = false;
  serve([&](const Json&, CallContext& context) -> Result<Json> {
    before = context.isCancelled();
    recorder_->disconnect();
    after = context.isCancelled();
    return Json::object();
  });
  post(modern("tools/call", {{"name", "busy"}}));
  EXPECT_FALSE(before);
  EXPECT_TRUE(after);
}

TEST_F(Post, LetsAHandshakeCallGoOnWhenItsClientGoesAway) {
  bool after = true;
  serve([&](const Json&, CallContext& context) -> Result<Json> {
    recorder_->disconnect();
    after = context.isCancelled();
    return Json::object();
  });
  post(plain({{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/call"}, {"params", {{"name", "busy"}}}}));
  EXPECT_FALSE(after);
}

}  // namespace
}  // namespace checkout::transport

#include "transport/router.hpp"

#include <gtest/gtest.h>

#include "base/metrics.hpp"
#include "support/fake_responder.hpp"

namespace checkout::transport {
namespace {

using test::answerOf;

RouteHandler says(std::string text) {
  return
      [text](const HttpRequest& request, const PathParams&, const std::shared_ptr<HttpResponder>& responder) {
        responder->respond({200, {}, text + " " + request.method, std::nullopt});
      };
}

RouteHandler echoes(std::string name) {
  return
      [name](const HttpRequest&, const PathParams& params, const std::shared_ptr<HttpResponder>& responder) {
        responder->respond({200, {}, params.at(name), std::nullopt});
      };
}

HttpHandler table() {
  return Router(GuardPolicy{{"shop.example"}, {}})
      .on("POST", "/mcp", says("post"))
      .on("GET", "/mcp", says("get"))
      .on("GET", "/pay/{what}", echoes("what"), RouteGuard::Host)
      .on("GET", "/pay/return", says("return"), RouteGuard::Host)
      .on("POST", "/webhooks/stripe/{tenant_id}", echoes("tenant_id"), RouteGuard::Host)
      .on("GET", "/healthz", says("health"), RouteGuard::None)
      .on("GET", "/", says("root"))
      .asHandler();
}

TEST(Router, FindsTheHandlerByMethodAndPath) {
  const auto handler = table();
  EXPECT_EQ(answerOf(handler, "POST", "/mcp").body, "post POST");
  EXPECT_EQ(answerOf(handler, "GET", "/mcp?x=/other").body, "get GET");
  EXPECT_EQ(answerOf(handler, "HEAD", "/mcp").body, "get HEAD");
  EXPECT_EQ(answerOf(handler, "GET", "/").body, "root GET");
  EXPECT_EQ(answerOf(handler, "GET", "/%6Dcp").body, "get GET");
}

TEST(Router, HandsOverNamedSegmentsDecoded) {
  const auto handler = table();
  EXPECT_EQ(answerOf(handler, "POST", "/webhooks/stripe/demo_store").body, "demo_store");
  EXPECT_EQ(answerOf(handler, "POST", "/webhooks/stripe/a%20b%c3%a9+").body, "a b\xC3\xA9+");
  EXPECT_EQ(answerOf(handler, "GET", "/pay/elsewhere").body, "elsewhere");
}

TEST(Router, PrefersTheExactSegment) {
  EXPECT_EQ(answerOf(table(), "GET", "/pay/return").body, "return GET");
}

TEST(Router, Answers404ForOtherPaths) {
  for (const char* target :
       {"/other", "/mcp/", "//mcp", "/mcp/x", "/webhooks/stripe", "/webhooks/stripe/", "/webhooks/stripe/a/b",
        "/webhooks/stripe/a%2Fb", "/webhooks/stripe/a%00", "/webhooks/stripe/%", "/webhooks/stripe/%4",
        "/webhooks/stripe/%zz", "/MCP", "*", ""}) {
    const auto response = answerOf(table(), "POST", target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(response.body, R"({"error":{"code":"NOT_FOUND","message":"no such path"}})");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  }
}

TEST(Router, Answers405WithWhatThePathTakes) {
  const auto mcp = answerOf(table(), "DELETE", "/mcp");
  EXPECT_EQ(mcp.status, 405);
  EXPECT_EQ(mcp.headers.get("Allow"), "POST, GET, HEAD");
  const auto webhook = answerOf(table(), "GET", "/webhooks/stripe/a");
  EXPECT_EQ(webhook.status, 405);
  EXPECT_EQ(webhook.headers.get("Allow"), "POST");
  EXPECT_EQ(answerOf(table(), "get", "/mcp").status, 405);
}

TEST(Router, GuardsEachRouteAsItAsks) {
  const auto status = [](std::string method, std::string target, std::string host, std::string origin) {
    std::vector<std::pair<std::string, std::string>> headers = {{"Host", host}};
    if (!origin.empty()) headers.emplace_back("Origin", origin);
    return answerOf(table(), std::move(method), std::move(target), headers).status;
  };
  EXPECT_EQ(status("POST", "/mcp", "localhost:8080", ""), 200);
  EXPECT_EQ(status("POST", "/mcp", "shop.example", "http://localhost:6274"), 200);
  EXPECT_EQ(status("POST", "/mcp", "evil.example", ""), 403);
  EXPECT_EQ(status("POST", "/mcp", "localhost", "https://evil.example"), 403);
  EXPECT_EQ(status("POST", "/webhooks/stripe/a", "shop.example", "https://evil.example"), 200);
  EXPECT_EQ(status("POST", "/webhooks/stripe/a", "evil.example", ""), 403);
  EXPECT_EQ(status("GET", "/healthz", "10.1.2.3:8080", "null"), 200);
}

TEST(Router, CountsByPatternAndStatus) {
  const auto metrics = std::make_shared<Metrics>();
  {
    const auto handler = Router({}, metrics)
                             .on("GET", "/pay/{what}", echoes("what"))
                             .on("GET", "/drop", [](const auto&, const auto&, const auto&) {})
                             .asHandler();
    answerOf(handler, "GET", "/pay/a");
    answerOf(handler, "GET", "/pay/b");
    answerOf(handler, "PUT", "/pay/b");
    answerOf(handler, "GET", "/random-scan");
    answerOf(handler, "GET", "/drop");
  }
  const auto count = [&](std::string route, std::string status) {
    return metrics->counter("checkout_http_requests_total", "", {{"route", route}, {"status", status}}).get();
  };
  EXPECT_EQ(count("/pay/{what}", "200"), 2);
  EXPECT_EQ(count("/pay/{what}", "405"), 1);
  EXPECT_EQ(count("other", "404"), 1);
  EXPECT_EQ(count("/drop", "500"), 1);
}

TEST(RouterDeathTest, RefusesASecondHandlerForTheSameRoute) {
  Router router({});
  router.on("GET", "/a", says("one"));
  EXPECT_DEATH(router.on("GET", "/a", says("two")), "");
}

}  // namespace
}  // namespace checkout::transport

#include "transport/rest_routes.hpp"

#include <gtest/gtest.h>

#include "support/fake_responder.hpp"

namespace checkout::transport {
namespace {

using test::answerOf;

HttpHandler routes(Result<void> ready = {}) {
  Router router({});
  addRestRoutes(router, {[ready] { return ready; }, [] { return std::string("m 1\n"); }});
  return router.asHandler();
}

TEST(RestRoutes, TellsThatTheProcessLives) {
  const auto response = answerOf(routes(), "GET", "/healthz", {{"Host", "10.0.0.7:8080"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"ok"})");
}

TEST(RestRoutes, TellsWhetherRequestsCanBeServed) {
  EXPECT_EQ(answerOf(routes(), "GET", "/readyz").status, 200);
  const auto down =
      answerOf(routes(Error(ErrorCode::ServiceUnavailable, "the store is locked")), "GET", "/readyz");
  EXPECT_EQ(down.status, 503);
  EXPECT_NE(down.body.find("the store is locked"), std::string::npos);
}

TEST(RestRoutes, ServesMetricsAsPrometheusText) {
  const auto response = answerOf(routes(), "GET", "/metrics");
  EXPECT_EQ(response.body, "m 1\n");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answerOf(routes(), "GET", "/metrics", {{"Origin", "https://evil.example"}}).status, 403);
}

TEST(RestRoutes, TellsTheCustomerHowItWent) {
  EXPECT_NE(answerOf(routes(), "GET", "/pay/return?session_id=cs_test_1").body.find("Thank you"),
            std::string::npos);
  EXPECT_NE(answerOf(routes(), "GET", "/pay/cancel").body.find("No payment was made"), std::string::npos);
}

TEST(RestRoutes, PagesAreSelfContainedAndRepeatNothingOfTheRequest) {
  for (const char* path : {"/pay/return", "/pay/cancel"}) {
    const auto plain = answerOf(routes(), "GET", path);
    const auto hostile = answerOf(
        routes(), "GET", std::string(path) + "?session_id=<script>alert(1)</script>", {{"Origin", "null"}});
    EXPECT_EQ(hostile.status, 200);
    EXPECT_EQ(hostile.body, plain.body);
    EXPECT_EQ(plain.body.find("<script"), std::string::npos);
    EXPECT_EQ(plain.body.find("http"), std::string::npos);  // loads nothing, links nowhere
    EXPECT_NE(plain.body.find("<html lang=\"en\">"), std::string::npos);
    EXPECT_NE(plain.body.find("name=\"viewport\""), std::string::npos);
    EXPECT_NE(plain.body.find("content=\"noindex\""), std::string::npos);
    EXPECT_TRUE(plain.headers.get("Content-Security-Policy").value_or("").starts_with("default-src 'none'"));
    EXPECT_EQ(plain.headers.get("Content-Type"), "text/html; charset=utf-8");
  }
}

}  // namespace
}  // namespace checkout::transport

#include "transport/webhook_endpoint.hpp"

#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_responder.hpp"

namespace checkout::transport {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<test::FakeResponder> send(ReceiveWebhook receive, Lane& lane, const std::string& tenant,
                                          const Headers& headers, std::string body = {}) {
  const auto handler = Router({})
                           .on("POST", "/webhooks/stripe/{tenant_id}",
                               webhookEndpoint(std::move(receive), lane), RouteGuard::Host)
                           .asHandler();
  HttpRequest request{"POST", "/webhooks/stripe/" + tenant, {}, std::move(body), "127.0.0.1"};
  request.headers.add("Host", "localhost");
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  auto responder = std::make_shared<test::FakeResponder>();
  handler(std::move(request), responder);
  return responder;
}

HttpResponse answerOf(ReceiveWebhook receive, const std::string& tenant, const Headers& headers,
                      std::string body = {}) {
  Lane lane("webhooks", 8);
  const auto responder = send(std::move(receive), lane, tenant, headers, std::move(body));
  lane.stop();
  return responder->response.value_or(HttpResponse{0, {}, "no answer", std::nullopt});
}

TEST(WebhookEndpoint, HandsOverTheRawBytesAndTheSignature) {
  std::string tenant, body, signature;
  const auto receive = [&](const TenantId& t, std::string_view b, std::string_view s) -> Result<void> {
    tenant = t.value;
    body = b;
    signature = s;
    return {};
  };
  const std::string raw("{ \"a\" : 1 }\r\n\0\xFF", 15);
  const auto response = answerOf(receive, "demo_store", {{"stripe-signature", "t=1,v1=ab"}}, raw);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"received":true})");
  EXPECT_EQ(tenant, "demo_store");
  EXPECT_EQ(body, raw);
  EXPECT_EQ(signature, "t=1,v1=ab");
}

TEST(WebhookEndpoint, AnswersSoThatTheSenderDoesTheRightThing) {
  const auto answer = [](ErrorCode code) {
    const auto receive = [code](const auto&, auto, auto) -> Result<void> { return Error(code, "why"); };
    return answerOf(receive, "t", {{"Stripe-Signature", "s"}});
  };
  EXPECT_EQ(answer(ErrorCode::TenantNotFound).status, 404);
  for (const auto& [code, status] : {std::pair(ErrorCode::Unauthenticated, 401),
                                     std::pair(ErrorCode::Forbidden, 403),
                                     std::pair(ErrorCode::ValidationFailed, 400)}) {
    EXPECT_EQ(answer(code).status, status);
    EXPECT_NE(answer(code).body.find(toString(code)), std::string::npos);
  }
  for (const auto code : {ErrorCode::ServiceUnavailable, ErrorCode::Internal, ErrorCode::InvalidState,
                          ErrorCode::PaymentServiceError}) {
    EXPECT_EQ(answer(code).status, 503);
    EXPECT_EQ(answer(code).headers.get("Retry-After"), "1");
    EXPECT_EQ(answer(code).body.find("why"), std::string::npos);
  }
}

TEST(WebhookEndpoint, WantsExactlyOneSignature) {
  int calls = 0;
  const auto receive = [&](const auto&, auto, auto) -> Result<void> {
    ++calls;
    return {};
  };
  EXPECT_EQ(answerOf(receive, "t", {}).status, 401);
  EXPECT_EQ(answerOf(receive, "t", {{"Stripe-Signature", "a"}, {"Stripe-Signature", "b"}}).status, 401);
  EXPECT_EQ(calls, 0);
}

TEST(WebhookEndpoint, ATenantWhoseEventsHangDoesNotHoldUpAnother) {
  std::latch release(1);
  const auto receive = [&](const TenantId& tenant, auto, auto) -> Result<void> {
    if (tenant.value == "sick") release.wait();
    return {};
  };
  Lane lane("webhooks", 4);
  std::vector<std::shared_ptr<test::FakeResponder>> sick;
  for (int i = 0; i < 3; ++i) sick.push_back(send(receive, lane, "sick", {{"Stripe-Signature", "s"}}));
  EXPECT_FALSE(sick[0]->response.has_value());
  EXPECT_FALSE(sick[1]->response.has_value());
  ASSERT_TRUE(sick[2]->response.has_value()) << "beyond its share it is told at once";
  EXPECT_EQ(sick[2]->response->status, 503);
  EXPECT_EQ(sick[2]->response->headers.get("Retry-After"), "1");

  const auto healthy = send(receive, lane, "healthy", {{"Stripe-Signature", "s"}});
  while (lane.enter("healthy") == nullptr) std::this_thread::yield();
  release.count_down();
  lane.stop();
  EXPECT_EQ(healthy->response->status, 200);
  EXPECT_EQ(sick[0]->response->status, 200);
}

}  // namespace
}  // namespace checkout::transport

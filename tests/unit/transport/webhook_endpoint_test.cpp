#include "transport/webhook_endpoint.hpp"

#include <gtest/gtest.h>

#include "support/fake_responder.hpp"

namespace checkout::transport {
namespace {

using test::answerOf;

HttpHandler endpoint(ReceiveWebhook receive) {
  return Router({})
      .on("POST", "/webhooks/stripe/{tenant_id}", webhookEndpoint(std::move(receive)), RouteGuard::Host)
      .asHandler();
}

TEST(WebhookEndpoint, HandsOverTheRawBytesAndTheSignature) {
  std::string tenant, body, signature;
  const auto handler =
      endpoint([&](const TenantId& t, std::string_view b, std::string_view s) -> Result<void> {
        tenant = t.value;
        body = b;
        signature = s;
        return {};
      });
  const std::string raw("{ \"a\" : 1 }\r\n\0\xFF", 15);
  const auto response =
      answerOf(handler, "POST", "/webhooks/stripe/demo_store", {{"stripe-signature", "t=1,v1=ab"}}, raw);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"received":true})");
  EXPECT_EQ(tenant, "demo_store");
  EXPECT_EQ(body, raw);
  EXPECT_EQ(signature, "t=1,v1=ab");
}

TEST(WebhookEndpoint, AnswersSoThatTheSenderDoesTheRightThing) {
  const auto answer = [](ErrorCode code) {
    const auto handler =
        endpoint([code](const auto&, auto, auto) -> Result<void> { return Error(code, "why"); });
    return answerOf(handler, "POST", "/webhooks/stripe/t", {{"Stripe-Signature", "s"}});
  };
  EXPECT_EQ(answer(ErrorCode::TenantNotFound).status, 404);
  for (const auto code : {ErrorCode::Unauthenticated, ErrorCode::Forbidden, ErrorCode::ValidationFailed}) {
    EXPECT_EQ(answer(code).status, 400);
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
  const auto handler = endpoint([&](const auto&, auto, auto) -> Result<void> {
    ++calls;
    return {};
  });
  EXPECT_EQ(answerOf(handler, "POST", "/webhooks/stripe/t").status, 400);
  EXPECT_EQ(
      answerOf(handler, "POST", "/webhooks/stripe/t", {{"Stripe-Signature", "a"}, {"Stripe-Signature", "b"}})
          .status,
      400);
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace checkout::transport

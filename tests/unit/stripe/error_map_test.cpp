#include "stripe/error_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace checkout::stripe {
namespace {

using ::testing::HasSubstr;

TEST(ErrorMap, MapsEachKindOfErrorToACode) {
  struct Row {
    int status;
    const char* error;
    ErrorCode code;
    const char* says;
  };
  const Row rows[] = {
      {402, R"({"type":"card_error","code":"card_declined","decline_code":"generic_decline"})",
       ErrorCode::PaymentDeclined, "declined"},
      {402, R"({"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"})",
       ErrorCode::PaymentDeclined, "insufficient funds"},
      {402, R"({"type":"card_error","code":"expired_card"})", ErrorCode::PaymentDeclined, "expired"},
      {402, R"({"type":"card_error","code":"something_new"})", ErrorCode::PaymentDeclined, "declined"},
      {402, R"({})", ErrorCode::PaymentDeclined, "declined"},
      {400, R"({"type":"invalid_request_error","code":"payment_intent_authentication_failure"})",
       ErrorCode::PaymentDeclined, "authentication failed"},
      {400, R"({"type":"invalid_request_error","code":"amount_too_small","message":"m"})",
       ErrorCode::AmountTooSmall, "smallest amount"},
      {400, R"({"type":"invalid_request_error","code":"amount_too_large","message":"m"})",
       ErrorCode::ValidationFailed, "largest amount"},
      {400, R"({"type":"invalid_request_error","code":"payment_intent_unexpected_state"})",
       ErrorCode::InvalidState, "state"},
      {400, R"({"type":"invalid_request_error","code":"charge_already_refunded"})", ErrorCode::InvalidState,
       "refunded"},
      {400, R"({"type":"invalid_request_error","code":"postal_code_invalid","message":"Bad postcode."})",
       ErrorCode::InvalidAddress, "Bad postcode."},
      {400,
       R"({"type":"invalid_request_error","code":"resource_missing","param":"payment_method","message":"No such PaymentMethod: 'pm_x'"})",
       ErrorCode::ValidationFailed, "pass the id of another one"},
      {400,
       R"({"type":"invalid_request_error","code":"resource_missing","param":"payment_intent","message":"No such payment_intent: 'pi_x'"})",
       ErrorCode::ValidationFailed, "\"payment_intent\" names nothing"},
      {400,
       R"({"type":"invalid_request_error","code":"parameter_unknown","message":"Received unknown parameter: x"})",
       ErrorCode::ValidationFailed, "unknown parameter"},
      {404, R"({"type":"invalid_request_error","code":"resource_missing","message":"No such session"})",
       ErrorCode::CheckoutNotFound, "doesn't know"},
      {400, R"({"type":"idempotency_error","message":"Keys for idempotent requests…"})", ErrorCode::Internal,
       "repeated with other content"},
      {409, R"({"type":"idempotency_error","code":"idempotency_key_in_use"})", ErrorCode::PaymentServiceError,
       "later"},
      {401, R"({"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_****4242"})",
       ErrorCode::PaymentServiceError, "API key"},
      {403, R"({"type":"invalid_request_error","message":"The provided key 'rk_test_abc' does not have…"})",
       ErrorCode::PaymentServiceError, "permission"},
      {429, R"({"type":"invalid_request_error","code":"rate_limit"})", ErrorCode::RateLimited, "try again"},
      {429, R"({})", ErrorCode::RateLimited, "try again"},
      {429, R"({"type":"invalid_request_error","code":"lock_timeout"})", ErrorCode::RateLimited,
       "another request"},
      {500, R"({"type":"api_error"})", ErrorCode::PaymentServiceError, "later"},
      {400, R"({"type":"api_error"})", ErrorCode::PaymentServiceError, "later"},
  };
  for (const Row& row : rows) {
    const Error error = errorFromStripe(row.status, Json::parse(row.error), std::nullopt);
    EXPECT_EQ(toString(error.code), toString(row.code)) << row.status << " " << row.error;
    EXPECT_THAT(error.message, HasSubstr(row.says)) << row.error;
  }
}

TEST(ErrorMap, NeverRepeatsAKey) {
  const Json error =
      Json::parse(R"({"type":"invalid_request_error","message":"Invalid API Key provided: sk_test_abc"})");
  for (const int status : {401, 403}) {
    const Error mapped = errorFromStripe(status, error, "req_1");
    EXPECT_EQ(toJson(mapped).dump().find("sk_test"), std::string::npos);
  }
}

TEST(ErrorMap, KeepsWhatSupportNeeds) {
  const Error error = errorFromStripe(
      402,
      Json::parse(
          R"({"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","param":"x"})"),
      "req_7");
  EXPECT_EQ(error.details,
            Json::parse(R"({"stripeCode":"card_declined","declineCode":"insufficient_funds","param":"x",
      "requestId":"req_7"})"));
  EXPECT_TRUE(errorFromStripe(500, Json(), std::nullopt).details.is_null());
}

TEST(ErrorMap, DoesNotTellAThiefWhy) {
  for (const char* reason : {"lost_card", "stolen_card", "fraudulent"}) {
    const Error error = errorFromStripe(
        402, Json{{"type", "card_error"}, {"code", "card_declined"}, {"decline_code", reason}}, {});
    EXPECT_EQ(error.details["declineCode"], "generic_decline");
    EXPECT_EQ(toJson(error).dump().find(reason), std::string::npos);
  }
}

}  // namespace
}  // namespace checkout::stripe

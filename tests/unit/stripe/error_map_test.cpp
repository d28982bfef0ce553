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
      {402,
       R"({"type":"invalid_request_error","code":"payment_intent_payment_attempt_failed","payment_method":{"type":"sepa_debit"}})",
       ErrorCode::PaymentDeclined, "direct debit failed"},
      {402,
       R"({"type":"card_error","code":"insufficient_funds","payment_method":{"type":"us_bank_account"}})",
       ErrorCode::PaymentDeclined, "direct debit failed"},
      {402, R"({"code":"payment_method_provider_decline","payment_method":{"type":"paypal"}})",
       ErrorCode::PaymentDeclined, "payment method's provider"},
      {402, R"({"code":"account_closed","payment_method":{"type":"sepa_debit"}})", ErrorCode::PaymentDeclined,
       "account has been closed"},
      {400, R"({"type":"invalid_request_error","code":"debit_not_authorized"})", ErrorCode::PaymentDeclined,
       "not authorised"},
      {402, R"({"type":"card_error","code":"card_decline_rate_limit_exceeded"})", ErrorCode::PaymentDeclined,
       "too often"},
      {429, R"({"type":"invalid_request_error","code":"payment_intent_rate_limit_exceeded"})",
       ErrorCode::RateLimited, "later"},
      {400, R"({"type":"invalid_request_error","code":"email_invalid","message":"m"})",
       ErrorCode::ValidationFailed, "e-mail address"},
      {400, R"({"type":"invalid_request_error","code":"taxes_calculation_failed"})",
       ErrorCode::PaymentServiceError, "tax could not be calculated"},
      {400, R"({"type":"invalid_request_error","code":"refund_disputed_payment"})", ErrorCode::InvalidState,
       "disputed"},
      {400, R"({"type":"invalid_request_error","code":"charge_not_refundable"})", ErrorCode::InvalidState,
       "can't be refunded"},
      {400, R"({"type":"invalid_request_error","code":"customer_tax_location_invalid"})",
       ErrorCode::InvalidAddress, "reckon the tax"},
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

// An agent that tries again is told the same: it reads who has to do something, and that it need not retry.
TEST(ErrorMap, LeavesToTheMerchantWhatOnlyTheMerchantCanMend) {
  struct Row {
    int status;
    const char *error, *says;
  };
  for (
      const Row& row :
      {Row{400, R"({"type":"invalid_request_error","code":"stripe_tax_inactive"})", "Stripe Tax"},
       Row{400, R"({"type":"invalid_request_error","code":"capability_not_active"})", "activate"},
       Row{400, R"({"type":"invalid_request_error","code":"balance_insufficient"})", "top it up"},
       Row{400, R"({"type":"invalid_request_error","code":"payment_method_unactivated"})", "activate"},
       Row{400,
           R"({"type":"invalid_request_error","param":"payment_intent_data[statement_descriptor_suffix]"})",
           "shorten it"},
       Row{400,
           R"({"type":"invalid_request_error","message":"Your account cannot currently make live charges."})",
           "activation"},
       Row{400, R"({"type":"invalid_request_error","code":"testmode_charges_only"})", "activate"}}) {
    const Json answered = Json::parse(row.error);
    const Error error = errorFromStripe(row.status, answered, "req_1");
    EXPECT_EQ(error.code, ErrorCode::PaymentServiceError) << row.error;
    EXPECT_THAT(error.message, HasSubstr(row.says));
    EXPECT_THAT(error.message, HasSubstr("the merchant has to"));
    EXPECT_EQ(error.details[kMerchantMustAct], true);
    EXPECT_EQ(toJson(error)["retryable"], false);
    EXPECT_FALSE(isTransient(answered)) << row.error;
  }
  EXPECT_TRUE(isRetryable(errorFromStripe(500, Json::object(), "req_1")));
  const Error keyRefused = errorFromStripe(401, {{"code", "api_key_expired"}}, "req_1");
  EXPECT_FALSE(isRetryable(keyRefused));
  EXPECT_EQ(keyRefused.details[kKeyRefused], true) << "says nothing of an earlier try of the same request";
}

TEST(ErrorMap, KnowsWhatPassesByItself) {
  for (const char* code : {"taxes_calculation_failed", "failed_tax_calculation", "lock_timeout", "rate_limit",
                           "payment_intent_rate_limit_exceeded"})
    EXPECT_TRUE(isTransient({{"code", code}})) << code;
  for (const char* code : {"card_declined", "stripe_tax_inactive", "parameter_unknown", "something_new"})
    EXPECT_FALSE(isTransient({{"code", code}})) << code;
  EXPECT_FALSE(isTransient(Json()));
}

TEST(ErrorMap, TellsTheLogWhichPermissionIsMissingAndNoKey) {
  const Json error = {
      {"message",
       "The provided key 'rk_live_51AbC*********xyz' does not have the required permissions for this "
       "endpoint on account 'acct_1'. Having the 'rak_payment_intent_write' permission would allow it. "
       "(sk_test_abc, whsec_123)"}};
  EXPECT_EQ(messageForLog(error),
            "The provided key 'rk_…' does not have the required permissions for this endpoint on account "
            "'acct_1'. Having the 'rak_payment_intent_write' permission would allow it. (sk_…, whsec_…)");
  EXPECT_EQ(messageForLog(Json()), "");
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

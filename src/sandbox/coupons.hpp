// /v1/coupons and /v1/promotion_codes, and what they take off a Checkout Session.
#pragma once

#include "sandbox/call.hpp"

namespace checkout::sandbox {

Result<Json> createCoupon(Call& call);
Result<Json> getCoupon(Call& call);
Result<Json> listCoupons(Call& call);
Result<Json> updateCoupon(Call& call);
Result<Json> deleteCoupon(Call& call);
Result<Json> createPromotionCode(Call& call);
Result<Json> getPromotionCode(Call& call);
Result<Json> listPromotionCodes(Call& call);
Result<Json> updatePromotionCode(Call& call);

ParameterTable couponCreateParameters();
ParameterTable couponUpdateParameters();
ParameterTable promotionCodeCreateParameters();
ParameterTable promotionCodeListParameters();
ParameterTable promotionCodeUpdateParameters();

// The `discounts` of a request for a session, applied to it; the session has its lines and its prices.
Result<void> applyDiscounts(Account& account, Session& session, const Json& parameters);
// A code that the customer typed. On a failure the message is for the customer, and the session unchanged.
Result<void> enterPromotionCode(Account& account, Session& session, const std::string& code);
void dropDiscount(Account& account, Session& session);
// The session was paid for: its coupon and its code have been used once more.
void redeemDiscount(Account& account, const Session& session);

}  // namespace checkout::sandbox

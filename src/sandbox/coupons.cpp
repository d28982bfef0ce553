#include "sandbox/coupons.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/random.hpp"
#include "sandbox/currency.hpp"
#include "sandbox/events.hpp"
#include "sandbox/lists.hpp"
#include "sandbox/pricing.hpp"

namespace checkout::sandbox {
namespace {

using Kind = ParameterKind;

constexpr Parameter kCouponCreate[] = {
    {"amount_off", Kind::Integer},
    {"applies_to", Kind::Unsupported},
    {"currency", Kind::Currency},
    {"currency_options", Kind::Unsupported},
    {"duration", Kind::Choice, "forever|once|repeating"},
    {"duration_in_months", Kind::Integer},
    {"id"},
    {"max_redemptions", Kind::Integer},
    {"metadata", Kind::Metadata},
    {"name"},
    {"percent_off", Kind::Percent},
    {"redeem_by", Kind::Integer},
};
constexpr Parameter kCouponUpdate[] = {
    {"currency_options", Kind::Unsupported}, {"metadata", Kind::MetadataChange}, {"name"}};

constexpr Parameter kPromotionCodeCreate[] = {
    {"active", Kind::Boolean},
    {"code"},
    {"customer", Kind::Unsupported},
    {"customer_account", Kind::Unsupported},
    {"expires_at", Kind::Integer},
    {"max_redemptions", Kind::Integer},
    {"metadata", Kind::Metadata},
    {"promotion[coupon]"},
    {"promotion[type]", Kind::Choice, "coupon"},
    {"restrictions[currency_options]", Kind::Unsupported},
    {"restrictions[first_time_transaction]", Kind::Unsupported},
    {"restrictions[minimum_amount]", Kind::Integer},
    {"restrictions[minimum_amount_currency]", Kind::Currency},
};
constexpr Parameter kPromotionCodeList[] = {
    {"active", Kind::Boolean}, {"code"}, {"coupon"}, {"created", Kind::Integer}};
constexpr Parameter kPromotionCodeUpdate[] = {
    {"active", Kind::Boolean}, {"metadata", Kind::MetadataChange}, {"restrictions", Kind::Unsupported}};

bool isUsedUp(const Json& object) {
  return object["max_redemptions"].is_number() && object["times_redeemed"] >= object["max_redemptions"];
}

Result<void> checkPositive(const Json& parameters, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (parameters.contains(name) && parameters[name] < 1)
      return invalidRequest("This value must be greater than or equal to 1.", name,
                            "parameter_invalid_integer");
  return {};
}

Result<void> checkFuture(const World& world, const Json& parameters, const char* name) {
  if (parameters.contains(name) && parameters[name] <= world.nowSeconds())
    return invalidRequest("This timestamp lies in the past.", name);
  return {};
}

Record* codeOf(Account& account, const std::string& code) {
  for (Record& row : account.promotionCodes.rows())
    if (row.object["active"] == true &&
        equalsIgnoringCase(row.object["code"].get_ref<const std::string&>(), code))
      return &row;
  return nullptr;
}

std::string couponOf(const Record& promotionCode) {
  return promotionCode.object["promotion"]["coupon"];
}

// Why a coupon or a code does nothing for this session.
Result<void> checkUse(const Session& session, const Record& coupon, const Record* code) {
  const std::string currency = session.object["currency"];
  if (coupon.object["valid"] != true || (code != nullptr && code->object["active"] != true))
    return invalidRequest("This code has expired or was used too often.", {}, "coupon_expired");
  if (coupon.object["amount_off"].is_number() && coupon.object["currency"] != currency)
    return invalidRequest("This code is not for payments in " + currency + ".");
  if (code == nullptr) return {};
  const Json& least = code->object["restrictions"]["minimum_amount"];
  if (!least.is_number()) return {};
  if (code->object["restrictions"]["minimum_amount_currency"] != currency ||
      session.object["amount_subtotal"] < least)
    return invalidRequest(
        "This code needs an order of at least " +
        formatAmount(least, code->object["restrictions"]["minimum_amount_currency"].get<std::string>()) +
        ".");
  return {};
}

Result<void> use(Account& account, Session& session, const Record& coupon, const Record* code) {
  CHECKOUT_TRY(checkUse(session, coupon, code));
  const Json before = session.object["discounts"];
  session.object["discounts"] = Json::array(
      {{{"coupon", coupon.id}, {"promotion_code", code == nullptr ? Json(nullptr) : Json(code->id)}}});
  priceSession(account, session);
  const std::int64_t total = session.object["amount_total"];
  const std::string currency = session.object["currency"];
  if (total == 0 || total >= smallestCharge(currency)) return {};
  session.object["discounts"] = before;
  priceSession(account, session);
  return invalidRequest("With this code the total would be less than " +
                            formatAmount(smallestCharge(currency), currency) + ", the smallest payment.",
                        {}, "amount_too_small");
}

Error about(Error error, const std::string& param) {
  error.details["error"]["param"] = param;
  return error;
}

}  // namespace

ParameterTable couponCreateParameters() {
  return kCouponCreate;
}
ParameterTable couponUpdateParameters() {
  return kCouponUpdate;
}
ParameterTable promotionCodeCreateParameters() {
  return kPromotionCodeCreate;
}
ParameterTable promotionCodeListParameters() {
  return kPromotionCodeList;
}
ParameterTable promotionCodeUpdateParameters() {
  return kPromotionCodeUpdate;
}

Result<Json> createCoupon(Call& call) {
  const Json& parameters = call.parameters;
  if (parameters.contains("percent_off") == parameters.contains("amount_off"))
    return invalidRequest("A coupon takes off either a percentage or an amount.", "percent_off",
                          parameters.contains("percent_off") ? "parameters_exclusive" : "parameter_missing");
  if (parameters.contains("amount_off") && !parameters.contains("currency"))
    return missingParameter("currency");
  CHECKOUT_TRY(checkPositive(parameters, {"amount_off", "max_redemptions", "duration_in_months"}));
  CHECKOUT_TRY(checkFuture(call.world, parameters, "redeem_by"));
  const std::string duration = textOr(parameters, "duration", "once");
  if ((duration == "repeating") != parameters.contains("duration_in_months"))
    return invalidRequest("duration_in_months goes with the duration repeating.", "duration_in_months");
  const std::string id = textOr(parameters, "id", randomHex(4));
  if (call.account.coupons.find(id) != nullptr)
    return invalidRequest("Coupon already exists.", "id", "resource_already_exists");
  Record row{id,
             {{"id", id},
              {"object", "coupon"},
              {"amount_off", memberOrNull(parameters, "amount_off")},
              {"created", call.world.nowSeconds()},
              {"currency", parameters.contains("amount_off") ? parameters["currency"] : Json(nullptr)},
              {"duration", duration},
              {"duration_in_months", memberOrNull(parameters, "duration_in_months")},
              {"livemode", false},
              {"max_redemptions", memberOrNull(parameters, "max_redemptions")},
              {"metadata", parameters.value("metadata", Json::object())},
              {"name", memberOrNull(parameters, "name")},
              {"percent_off", memberOrNull(parameters, "percent_off")},
              {"redeem_by", memberOrNull(parameters, "redeem_by")},
              {"times_redeemed", 0},
              {"valid", true}}};
  Record& coupon = call.account.coupons.add(std::move(row));
  if (parameters.contains("redeem_by"))
    call.world.at(fromUnixSeconds(parameters["redeem_by"]), [&coupon] { coupon.object["valid"] = false; });
  emit(call.world, call.account, "coupon.created", coupon.object);
  return coupon.object;
}

Result<Json> getCoupon(Call& call) {
  const Record* coupon = call.account.coupons.find(call.id);
  if (coupon == nullptr || coupon->deleted) return noSuch("coupon", call.id, "coupon");
  return coupon->object;
}

Result<Json> listCoupons(Call& call) {
  return listObjects(call.account.coupons, call.parameters, "/v1/coupons", "coupon", {});
}

Result<Json> updateCoupon(Call& call) {
  Record* coupon = call.account.coupons.find(call.id);
  if (coupon == nullptr || coupon->deleted) return noSuch("coupon", call.id, "coupon");
  CHECKOUT_TRY(changeMetadata(coupon->object, call.parameters));
  changeMembers(coupon->object, call.parameters, {"name"});
  emit(call.world, call.account, "coupon.updated", coupon->object);
  return coupon->object;
}

Result<Json> deleteCoupon(Call& call) {
  Record* coupon = call.account.coupons.find(call.id);
  if (coupon == nullptr || coupon->deleted) return noSuch("coupon", call.id, "coupon");
  emit(call.world, call.account, "coupon.deleted", coupon->object);
  // Sessions that have it keep it, as with Stripe.
  for (Record& code : call.account.promotionCodes.rows())
    if (couponOf(code) == call.id) code.object["active"] = false;
  coupon->object["valid"] = false;
  coupon->deleted = true;
  return Json{{"id", call.id}, {"object", "coupon"}, {"deleted", true}};
}

Result<Json> createPromotionCode(Call& call) {
  const Json& parameters = call.parameters;
  const Json promotion = objectOr(parameters, "promotion");
  if (!promotion.contains("type")) return missingParameter("promotion[type]");
  if (!promotion.contains("coupon")) return missingParameter("promotion[coupon]");
  const Record* coupon = call.account.coupons.find(promotion["coupon"].get<std::string>());
  if (coupon == nullptr) return noSuchIn("promotion[coupon]", "coupon", promotion["coupon"]);
  if (coupon->object["valid"] != true)
    return invalidRequest("The coupon is not valid any more.", "promotion[coupon]", "coupon_expired");
  CHECKOUT_TRY(checkPositive(parameters, {"max_redemptions"}));
  CHECKOUT_TRY(checkFuture(call.world, parameters, "expires_at"));
  const std::string text = textOr(parameters, "code", randomHex(4));
  const bool isPlain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  if (!isPlain) return invalidRequest("A code has letters, digits and dashes only.", "code");
  if (codeOf(call.account, text) != nullptr)
    return invalidRequest("An active promotion code with this code exists already.", "code",
                          "resource_already_exists");
  const Json restrictions = objectOr(parameters, "restrictions");
  if (restrictions.contains("minimum_amount") != restrictions.contains("minimum_amount_currency"))
    return missingParameter(restrictions.contains("minimum_amount") ? "restrictions[minimum_amount_currency]"
                                                                    : "restrictions[minimum_amount]");
  const std::string id = newId("promo");
  Record row{id,
             {{"id", id},
              {"object", "promotion_code"},
              {"active", parameters.value("active", true)},
              {"code", text},
              {"created", call.world.nowSeconds()},
              {"customer", nullptr},
              {"customer_account", nullptr},
              {"expires_at", memberOrNull(parameters, "expires_at")},
              {"livemode", false},
              {"max_redemptions", memberOrNull(parameters, "max_redemptions")},
              {"metadata", parameters.value("metadata", Json::object())},
              {"promotion", {{"coupon", coupon->id}, {"type", "coupon"}}},
              {"restrictions",
               {{"first_time_transaction", false},
                {"minimum_amount", memberOrNull(restrictions, "minimum_amount")},
                {"minimum_amount_currency", memberOrNull(restrictions, "minimum_amount_currency")}}},
              {"times_redeemed", 0}}};
  Record& code = call.account.promotionCodes.add(std::move(row));
  if (parameters.contains("expires_at"))
    call.world.at(fromUnixSeconds(parameters["expires_at"]), [&code] { code.object["active"] = false; });
  emit(call.world, call.account, "promotion_code.created", code.object);
  return code.object;
}

Result<Json> getPromotionCode(Call& call) {
  return getObject(call.account.promotionCodes, call.id, "promotion code", "promotion_code");
}

Result<Json> listPromotionCodes(Call& call) {
  const Json& wanted = call.parameters;
  const auto keep = [&](const Record& code) {
    const Json& object = code.object;
    return isCreatedWithin(wanted, object["created"]) &&
           (!wanted.contains("active") || object["active"] == wanted["active"]) &&
           (!wanted.contains("coupon") || couponOf(code) == wanted["coupon"]) &&
           (!wanted.contains("code") ||
            equalsIgnoringCase(object["code"].get<std::string>(), wanted["code"].get<std::string>()));
  };
  return listPage<Record>(call.account.promotionCodes, wanted, "/v1/promotion_codes", "promotion code", keep,
                          [](const Record& code) { return code.object; });
}

Result<Json> updatePromotionCode(Call& call) {
  Record* code = call.account.promotionCodes.find(call.id);
  if (code == nullptr) return noSuch("promotion code", call.id, "promotion_code");
  if (call.parameters.value("active", false) &&
      call.account.coupons.find(couponOf(*code))->object["valid"] != true)
    return invalidRequest("The code's coupon is not valid any more.", "active", "coupon_expired");
  CHECKOUT_TRY(changeMetadata(code->object, call.parameters));
  changeMembers(code->object, call.parameters, {"active"});
  emit(call.world, call.account, "promotion_code.updated", code->object);
  return code->object;
}

Result<void> applyDiscounts(Account& account, Session& session, const Json& parameters) {
  const Json discounts = parameters.value("discounts", Json::array());
  if (discounts.empty()) return {};
  if (parameters.contains("allow_promotion_codes"))
    return invalidRequest("Only one of discounts and allow_promotion_codes may be given.", "discounts",
                          "parameters_exclusive");
  if (discounts.size() > 1) return invalidRequest("A session has at most one discount.", "discounts");
  const Json& given = discounts[0];
  if (given.contains("coupon") == given.contains("promotion_code"))
    return invalidRequest("Exactly one of coupon and promotion_code names the discount.",
                          "discounts[0][coupon]");
  const std::string here = given.contains("coupon") ? "discounts[0][coupon]" : "discounts[0][promotion_code]";
  const Record* code = nullptr;
  std::string couponId = textOr(given, "coupon", "");
  if (given.contains("promotion_code")) {
    code = account.promotionCodes.find(given["promotion_code"].get<std::string>());
    if (code == nullptr) return noSuchIn(here, "promotion code", given["promotion_code"]);
    couponId = couponOf(*code);
  }
  const Record* coupon = account.coupons.find(couponId);
  if (coupon == nullptr || coupon->deleted) return noSuchIn(here, "coupon", couponId);
  if (auto used = use(account, session, *coupon, code); !used.ok()) return about(used.error(), here);
  return {};
}

Result<void> enterPromotionCode(Account& account, Session& session, const std::string& code) {
  if (session.object["allow_promotion_codes"] != true)
    return invalidRequest("This session takes no promotion codes.");
  const Record* known = codeOf(account, code);
  if (known == nullptr) return invalidRequest("This code is invalid. Check its spelling.");
  return use(account, session, *account.coupons.find(couponOf(*known)), known);
}

void dropDiscount(Account& account, Session& session) {
  session.object["discounts"] = Json::array();
  priceSession(account, session);
}

void redeemDiscount(Account& account, const Session& session) {
  for (const Json& discount : session.object["discounts"]) {
    Record* coupon = account.coupons.find(discount["coupon"].get<std::string>());
    coupon->object["times_redeemed"] = coupon->object["times_redeemed"].get<int>() + 1;
    if (isUsedUp(coupon->object)) coupon->object["valid"] = false;
    if (!discount["promotion_code"].is_string()) continue;
    Record* code = account.promotionCodes.find(discount["promotion_code"].get<std::string>());
    code->object["times_redeemed"] = code->object["times_redeemed"].get<int>() + 1;
    if (isUsedUp(code->object) || coupon->object["valid"] != true) code->object["active"] = false;
  }
}

}  // namespace checkout::sandbox

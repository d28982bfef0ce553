#include "tools/unsupported_arguments.hpp"

#include <algorithm>
#include <string_view>

#include "tools/shop_facts.hpp"

namespace checkout::tools {
namespace {

enum class Wish { PromotionCode, Gift };

std::optional<Wish> wishOf(std::string_view argument) {
  constexpr std::size_t kLongest = 40;
  if (argument.size() > kLongest) return std::nullopt;
  std::string name;
  for (const char c : argument) {
    const bool isCapital = c >= 'A' && c <= 'Z';
    if (isCapital || (c >= 'a' && c <= 'z'))
      name.push_back(static_cast<char>(c | 0x20));
    else if (c != '_' && c != '-')
      return std::nullopt;
  }
  const auto mentions = [&](std::string_view word) { return name.find(word) != std::string::npos; };
  for (const char* word : {"promo", "coupon", "discount", "voucher", "giftcard", "giftcode"})
    if (mentions(word)) return Wish::PromotionCode;
  for (const char* word : {"giftwrap", "giftmessage", "giftnote"})
    if (mentions(word)) return Wish::Gift;
  return std::nullopt;
}

const Tenant* shopOf(const Json& arguments, const ToolServices& services) {
  const auto id = arguments.find("tenant_id");
  return id != arguments.end() && id->is_string() ? services.tenants.find(TenantId{id->get<std::string>()})
                                                  : nullptr;
}

std::string answerTo(Wish wish, const Tenant* shop) {
  if (wish == Wish::Gift) return "Gift wrapping and gift messages are not offered.";
  if (shop) return promotionCodesAt(*shop);
  return "No tool takes promotion codes, coupons or vouchers; federation_tenant_info says whether a shop "
         "takes "
         "them on its payment page.";
}

std::string whatToSay(Wish wish, const Tenant* shop) {
  if (!shop) return "";
  if (wish == Wish::PromotionCode && shop->stripe.allowPromotionCodes)
    return " Tell the customer to enter the code there.";
  return " " + adviceFor(*shop);
}

}  // namespace

Result<void> refuseUnsupported(const Json& arguments, const Json& schema, const ToolServices& services) {
  for (const auto& [name, value] : arguments.items()) {
    if (schema.at("properties").contains(name)) continue;
    const auto wish = wishOf(name);
    if (!wish) continue;
    const Tenant* shop = shopOf(arguments, services);
    return Error(ErrorCode::ValidationFailed,
                 "There is no argument " + name + ". " + answerTo(*wish, shop) + whatToSay(*wish, shop),
                 {{"argument", name}})
        .withNext(NextActionType::Retry, "Repeat the call without " + name + ".");
  }
  return {};
}

}  // namespace checkout::tools

#include "tools/card_guard.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/card_number.hpp"

namespace checkout::tools {
namespace {

// "cardNumber", "card_number", "pan", "paymentMethodId": where a number can only be a card's.
bool isForCards(std::string_view key) {
  std::string name;
  for (const char c : key)
    if (c != '_' && c != '-' && c != ' ')
      name.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
  constexpr std::string_view kNames[] = {
      "pan",           "card",           "cardnumber", "cardno", "ccnumber", "creditcard", "creditcardnumber",
      "paymentmethod", "paymentmethodid"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool isCard(const Json& value, std::string_view key) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return containsCardNumber(text) || (isForCards(key) && isBareCardNumber(text));
}

std::optional<std::string> findCard(const Json& value, const std::string& pointer, std::string_view key) {
  if (value.is_string() || value.is_number_integer())
    return isCard(value, key) ? std::optional(pointer) : std::nullopt;
  if (!value.is_structured()) return std::nullopt;
  for (const auto& [name, member] : value.items()) {
    if (value.is_object() && containsCardNumber(name)) return pointer.empty() ? "/" : pointer;
    const std::string_view inner = value.is_object() ? std::string_view(name) : key;
    if (auto found = findCard(member, pointer + "/" + name, inner)) return found;
  }
  return std::nullopt;
}

}  // namespace

Result<void> refuseCardNumbers(const Json& arguments) {
  const std::optional<std::string> place = findCard(arguments, "", "");
  if (!place) return {};
  return Error(ErrorCode::CardNumberRejected,
               "The argument at " + *place +
                   " contains a card number. This server never takes card data, and nothing of this call was "
                   "kept. Call without it and don't repeat the number: the customer types it on the payment "
                   "page. "
                   "(Write a phone number with a leading + and country code.)",
               {{"argument", *place}})
      .withNext(
          NextActionType::Retry,
          "Repeat this call without the number. Where the customer wants to pay with that card, "
          "checkout_create_payment_session (after checkout_start, if there is no checkout yet) gives the "
          "page on which they type it.");
}

}  // namespace checkout::tools

#include "chaos/literal_agent.hpp"

#include <array>

#include "chaos/shopper.hpp"

namespace checkout::chaos {
namespace {

// The first tool that the message names.
std::string toolIn(const std::string& message) {
  static const std::array<const char*, 10> kTools = {"checkout_create_payment_session",
                                                     "checkout_shipping_options",
                                                     "checkout_retry",
                                                     "checkout_cancel",
                                                     "checkout_select_shipping",
                                                     "checkout_start",
                                                     "checkout_status",
                                                     "checkout_pay",
                                                     "postPaymentIntentsIntentConfirm",
                                                     "cart_add_item"};
  std::size_t first = std::string::npos;
  std::string tool;
  for (const char* name : kTools)
    if (const std::size_t at = message.find(name); at < first) {
      first = at;
      tool = name;
    }
  return tool;
}

}  // namespace

LiteralAgent::LiteralAgent(Call call, Json start, Character character)
    : call_(std::move(call)),
      start_(std::move(start)),
      character_(std::move(character)),
      next_(NextCall{"checkout_start", start_}) {}

bool LiteralAgent::step() {
  if (!next_) return false;
  const auto [tool, arguments] = *next_;
  deeds_ += isWaiting() ? 0 : 1;
  ++calls_;
  Json answer = call_(tool, arguments);
  isRepeated_ = character_.forgets();
  if (isRepeated_) return true;  // the same once more
  answer_ = std::move(answer);
  hasChosenShipping_ |= tool == "checkout_select_shipping";
  for (const char* place : {"/sagaId", "/error/details/sagaId"})
    if (const std::string id = textAt(answer_, place); !id.empty()) sagaId_ = id;
  if (const std::string id = textAt(answer_, "/payment/paymentIntentId"); !id.empty()) intentId_ = id;
  for (const char* place : {"/totals/total", "/error/details/total"})
    if (answer_.contains(Json::json_pointer(place))) total_ = answer_[Json::json_pointer(place)];
  if (tool == "cart_add_item" && !answer_.contains("error"))
    next_ = NextCall{"checkout_start", start_};
  else
    next_ = obey();
  return true;
}

std::optional<LiteralAgent::NextCall> LiteralAgent::obey() {
  const bool isError = answer_.contains("error") && !answer_.contains("status");
  const std::string place = isError ? "/error/nextAction" : "/nextAction";
  const std::string type = textAt(answer_, place + "/type");
  if (type.empty()) {
    // No advice but the error's own: what is retryable is repeated, and a message may name a tool.
    if (!isError) return std::nullopt;
    if (answer_["error"].value("retryable", false)) return next_;
    return callOf(toolIn(textAt(answer_, "/error/message")));
  }
  const std::string tool = toolIn(textAt(answer_, place + "/message"));
  if (type == "none") return std::nullopt;
  if (type == "choose_shipping")
    return callOf(hasChosenShipping_ ? "checkout_create_payment_session" : "checkout_select_shipping");
  if (type == "start_over") {
    if (start_.contains("idempotencyKey"))
      start_["idempotencyKey"] = start_.value("idempotencyKey", "") + "-again";
    return callOf("checkout_start");
  }
  if (tool.empty() && type == "wait") return callOf("checkout_status");
  if (tool.empty() && type == "retry") return next_;
  auto next = callOf(tool);
  const bool wantsAnother = textAt(answer_, place + "/message").find("another") != std::string::npos;
  if (next && tool == "checkout_pay" && wantsAnother) next->second["paymentMethodId"] = "pm_card_visa";
  return next;
}

std::optional<LiteralAgent::NextCall> LiteralAgent::callOf(const std::string& tool) const {
  if (tool == "checkout_start") return NextCall{tool, start_};
  if (tool == "cart_add_item")
    return NextCall{tool,
                    {{"cartId", start_["cartId"]}, {"productId", character_.productId}, {"quantity", 1}}};
  if (sagaId_.empty() || tool.empty()) return std::nullopt;
  const Json saga = {{"sagaId", sagaId_}};
  if (tool == "checkout_select_shipping" || tool == "checkout_shipping_options")
    return NextCall{"checkout_select_shipping",
                    {{"sagaId", sagaId_}, {"carrierId", "post"}, {"serviceId", "express"}}};
  if (tool == "checkout_pay")
    return NextCall{tool,
                    {{"sagaId", sagaId_},
                     {"paymentMethodId", start_.value("paymentMethodId", "pm_card_visa")},
                     {"expectedTotal", {{"amount", total_["amount"]}, {"currency", total_["currency"]}}}}};
  if (tool == "postPaymentIntentsIntentConfirm")
    return NextCall{tool, {{"intent", intentId_}, {"payment_method", "pm_card_visa"}}};
  return NextCall{tool, saga};
}

}  // namespace checkout::chaos

#include "chaos/shopper.hpp"

#include <algorithm>

#include "base/digest.hpp"

namespace checkout::chaos {
namespace {

using Steady = std::chrono::steady_clock;

constexpr Milliseconds kCallPatience{60'000};

bool isWorthRepeating(const std::string& code) {
  return code == "RATE_LIMITED" || code == "SERVICE_UNAVAILABLE" || code == "PAYMENT_SERVICE_ERROR" ||
         code == "INVENTORY_SERVICE_ERROR" || code == "ORDER_SERVICE_ERROR";
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

std::string textAt(const Json& json, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  return json.contains(place) && json[place].is_string() ? json[place].get<std::string>() : std::string();
}

const std::vector<std::string>& paymentNumbers() {
  static const std::vector<std::string> kNumbers = {
      "4242424242424242", "4000000000000002",       "4000000000009995",       "4000002760003184",
      "4000008260003178", "DE89370400440532013000", "DE62370400440532013001", "4000000000005126"};
  return kNumbers;
}

Shopper::Shopper(Town& town, const Shop& shop, std::string name, const std::string& flow, std::uint64_t seed)
    : Shopper(town, {&shop, name, town.history.begin(shop.tenant, UserId{"user-" + name}, flow)}, seed) {}

Shopper::Shopper(Town& town, Identity identity, std::uint64_t seed)
    : town_(town),
      self_(std::move(identity)),
      dice_(seed),
      agent_(app::demo::makeWebClient(town.http, town.serverUrl,
                                      {{"elicitation", {{"form", Json::object()}}}})) {}

std::int64_t Shopper::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(dice_() % static_cast<std::uint64_t>(high - low + 1));
}

void Shopper::dawdle(int fromMillis, int toMillis) {
  pause(Milliseconds(between(fromMillis, toMillis)));
}

void Shopper::accuse(int invariant, const std::string& sagaId, std::string what) {
  tell("VIOLATION of " + std::to_string(invariant) + ": " + what);
  town_.history.accuse({invariant, sagaId, std::move(what)});
}

Answer Shopper::call(const std::string& tool, Json arguments) {
  return callAt(shop().tenant, tool, std::move(arguments));
}

// Answers the question for an approval that `result` asks, in `request`. False: it asks nothing.
bool Shopper::answerQuestion(Json& request, const Json& result) {
  const std::string question = textAt(result, "/inputRequests/approval/params/message");
  if (question.empty()) return false;
  const std::string total = question.substr(4, question.find(" to ") - 4);  // Pay … to …
  if (approves_) note([&](Purchase& purchase) { purchase.consent.approvals.emplace("", total); });
  request["inputResponses"]["approval"] =
      approves_ ? Json{{"action", "accept"}, {"content", {{"approve", true}}}} : Json{{"action", "decline"}};
  request["requestState"] = result["requestState"];
  tell(std::string("the customer ") + (approves_ ? "approves " : "does not approve ") + total);
  return true;
}

Result<Json> Shopper::ask(const std::string& tool, const Json& arguments) {
  Json request = {{"name", tool}, {"arguments", arguments}};
  for (;;) {
    CHECKOUT_ASSIGN(result, agent_->request("tools/call", request));
    if (!answerQuestion(request, result)) return result;
  }
}

Answer Shopper::callAt(const TenantId& tenant, const std::string& tool, Json arguments) {
  arguments["tenant_id"] = tenant.value;
  const bool isOurs = tenant == shop().tenant;
  const auto deadline = Steady::now() + kCallPatience;
  int unanswered = 0;
  for (int tries = 0;; ++tries) {
    if (town_.isOver()) throw TownIsOver{};
    const auto sentAt = Steady::now();
    auto result = ask(tool, arguments);
    const bool late = Steady::now() > deadline;
    if (!result.ok()) {
      ++unanswered;
      if (late) {
        accuse(16, "", tool + " was not answered for a minute: " + result.error().message);
        throw TownIsOver{};
      }
      dawdle(3, 20);
      continue;
    }
    if (town_.onAnswer) town_.onAnswer(sentAt);
    town_.history.acknowledged();
    searchForSecrets(tool, result->dump());
    Answer answer;
    answer.unanswered = unanswered;
    answer.content = (*result).value("structuredContent", Json::object());
    answer.isError = (*result).value("isError", false);
    answer.code = textAt(answer.content, "/error/code");
    tell(tool + (isOurs ? "" : " at " + tenant.value) + (unanswered > 0 ? " (repeated)" : "") + " -> " +
         (answer.isError
              ? answer.code
              : textAt(answer.content, "/status") + " " + textAt(answer.content, "/payment/state")));
    if (answer.code == "INTERNAL") accuse(24, "", tool + " answers " + answer.content.dump());
    if (isOurs) learn(answer.content);
    if (answer.isError && isWorthRepeating(answer.code) && !late) {
      dawdle(60, 200);
      continue;
    }
    return answer;
  }
}

void Shopper::learn(const Json& content) {
  const std::string sagaId = textAt(content, "/sagaId"), status = textAt(content, "/status");
  const std::string named = textAt(content, "/error/details/sagaId");
  note([&](Purchase& purchase) {
    purchase.consent.learn(content);
    if (!named.empty()) purchase.sagaIds.insert(named);
    if (sagaId.empty() || !sagaStatusFromString(status)) return;  // an order names its saga, too
    purchase.sagaIds.insert(sagaId);
    purchase.seen.emplace(sagaId, status, textAt(content, "/updatedAt"));
    purchase.lastStatus = status;
  });
}

void Shopper::searchForSecrets(const std::string& tool, const std::string& text) {
  const auto find = [&](const std::string& secret) {
    if (!secret.empty() && text.find(secret) != std::string::npos)
      accuse(17, "", "the result of " + tool + " contains a secret or a card number: " + text.substr(0, 300));
  };
  for (const Shop& one : town_.shops) {
    find(one.secretKey);
    find(one.webhookSecret);
  }
  for (const std::string& number : paymentNumbers()) find(number);
  find("_secret_");
}

void Shopper::fillCart(const Goods& goods, int quantity) {
  const Answer view = call("cart_view", {{"cartId", cart()}});
  std::int64_t there = 0;
  for (const Json& line : view.content.value("items", Json::array()))
    if (textAt(line, "/productId") == goods.id) there = line.value("quantity", 0);
  bool sure = there == quantity;
  if (there == 0)
    sure = call("cart_add_item", {{"cartId", cart()}, {"productId", goods.id}, {"quantity", quantity}})
               .unanswered == 0;
  if (!sure)
    call("cart_update_quantity", {{"cartId", cart()}, {"productId", goods.id}, {"quantity", quantity}});
}

Json Shopper::startArguments(const std::optional<std::string>& paymentMethod) const {
  Json address = {{"name", "Ada Lovelace"}, {"line1", "Main Street 1"}, {"city", "Springfield"},
                  {"state", "IL"},          {"postalCode", "10117"},    {"country", shop().country}};
  Json arguments = {{"userId", user().value},
                    {"cartId", cart()},
                    {"email", self_.name + "@example.com"},
                    {"customerName", "Ada Lovelace"},
                    {"shippingAddress", std::move(address)},
                    {"idempotencyKey", key()}};
  if (paymentMethod) arguments["paymentMethodId"] = *paymentMethod;
  return arguments;
}

std::optional<Json> Shopper::start(const std::optional<std::string>& paymentMethod) {
  note([&](Purchase& purchase) {
    purchase.keys.insert(key());
    if (paymentMethod) purchase.consent.charge();
  });
  const Answer answer = call("checkout_start", startArguments(paymentMethod));
  if (!answer.isError) return answer.content;
  const std::string sagaId = textAt(answer.content, "/error/details/sagaId");
  return sagaId.empty() ? std::nullopt : status(sagaId);
}

std::optional<Json> Shopper::payShown(const Json& saga, const std::string& paymentMethod) {
  const Json total = saga["totals"]["total"];
  note([&](Purchase& purchase) { purchase.consent.charge(total["amount"].get<std::int64_t>()); });
  const std::string sagaId = textAt(saga, "/sagaId");
  const Answer answer = call(
      "checkout_pay", {{"sagaId", sagaId},
                       {"paymentMethodId", paymentMethod},
                       {"expectedTotal", {{"amount", total["amount"]}, {"currency", total["currency"]}}}});
  return answer.isError ? status(sagaId) : answer.content;
}

Answer Shopper::retry(const std::string& sagaId) {
  note([](Purchase& purchase) {
    purchase.retried = true;
    purchase.consent.charge();
  });
  return call("checkout_retry", {{"sagaId", sagaId}});
}

std::optional<Json> Shopper::status(const std::string& sagaId) {
  Answer answer = call("checkout_status", {{"sagaId", sagaId}});
  if (answer.isError) {
    accuse(6, sagaId, "checkout_status of an acknowledged checkout answers " + answer.content.dump());
    return std::nullopt;
  }
  return std::move(answer.content);
}

void Shopper::chooseShipping(const std::string& sagaId, const std::string& service) {
  call("checkout_shipping_options", {{"sagaId", sagaId}});
  call("checkout_select_shipping", {{"sagaId", sagaId}, {"carrierId", "post"}, {"serviceId", service}});
}

std::optional<Json> Shopper::openPage(const std::string& sagaId) {
  for (int tries = 0; tries < 20; ++tries) {
    const Answer answer = call("checkout_create_payment_session", {{"sagaId", sagaId}});
    if (!answer.isError && textAt(answer.content, "/status") != "in_progress") return answer.content;
    if (answer.isError && answer.code != "PAYMENT_OUTCOME_UNKNOWN") return status(sagaId);
    dawdle(150, 400);  // being looked up
  }
  return status(sagaId);
}

Answer Shopper::cancel(const std::string& sagaId) {
  note([](Purchase& purchase) { purchase.cancelAsked = true; });
  Answer answer = call("checkout_cancel", {{"sagaId", sagaId}, {"reason", "changed my mind"}});
  const std::string status = textAt(answer.content, "/status");
  if (!answer.isError && (status == "compensated" || status == "failed"))
    note([](Purchase& purchase) { purchase.cancelAnswered = true; });
  return answer;
}

Answer Shopper::confirm(const std::string& intentId, const std::string& method) {
  note([](Purchase& purchase) { purchase.consent.charge(); });
  return call("postPaymentIntentsIntentConfirm", {{"intent", intentId}, {"payment_method", method}});
}

Json Shopper::awaitEnd(const std::string& sagaId, Milliseconds patience) {
  const auto deadline = Steady::now() + patience;
  for (;;) {
    auto saga = status(sagaId);
    if (!saga) return {};
    const auto reached = sagaStatusFromString(textAt(*saga, "/status"));
    const bool needsCustomer = reached == SagaStatus::Pending;
    if (!reached || isTerminal(*reached) || needsCustomer || Steady::now() > deadline)
      return std::move(*saga);
    dawdle(80, 200);
  }
}

void Shopper::readOrder(const Json& saga) {
  const std::string orderId = textAt(saga, "/order/orderId");
  if (orderId.empty() || textAt(saga, "/status") != "completed") return;
  const Answer order = call("orders_get", {{"orderId", orderId}});
  const std::string status = textAt(order.content, "/status");
  if (order.isError || (status != "confirmed" && status != "refunded"))
    accuse(6, textAt(saga, "/sagaId"),
           "the order of a completed checkout is answered as " + order.content.dump());
  else
    note([&](Purchase& purchase) { purchase.orderIds.emplace(textAt(saga, "/sagaId"), orderId); });
}

Reply Shopper::pay(const std::string& sessionId, const Json& how) {
  Reply reply = town_.simulator.pay(sessionId, how);
  tell("the customer pays " + sessionId.substr(0, 16) + " -> " + std::to_string(reply.status) + " " +
       textAt(reply.body, "/outcome") + textAt(reply.body, "/error/code"));
  return reply;
}

Reply Shopper::settle(const std::string& intentId, bool succeeds) {
  Reply reply = town_.simulator.settle(intentId, succeeds);
  tell(std::string("the bank ") + (succeeds ? "sends" : "refuses") + " the money -> " +
       std::to_string(reply.status));
  return reply;
}

void Shopper::spy(const std::string& sagaId) {
  const auto other = std::find_if(town_.shops.begin(), town_.shops.end(),
                                  [&](const Shop& one) { return one.tenant != shop().tenant; });
  if (other == town_.shops.end()) return;
  const std::string unknown = "saga_" + sha256Hex(sagaId).substr(0, 32);
  for (const char* tool : {"checkout_status", "checkout_cancel", "checkout_create_payment_session"}) {
    const std::string foreign = callAt(other->tenant, tool, {{"sagaId", sagaId}}).content.dump();
    const std::string nothing = callAt(other->tenant, tool, {{"sagaId", unknown}}).content.dump();
    if (replaced(foreign, sagaId, "ID") != replaced(nothing, unknown, "ID"))
      accuse(15, sagaId,
             std::string(tool) + " tells a foreign saga from an unknown one: " + foreign + " / " + nothing);
  }
  const Answer list = callAt(other->tenant, "checkout_list", {{"userId", user().value}});
  if (list.isError || !list.content.value("sagas", Json::array()).empty())
    accuse(15, sagaId, "checkout_list of another shop shows " + list.content.dump());
}

void Shopper::abuseKey() {
  Json arguments = startArguments(std::nullopt);
  arguments["customerName"] = "Somebody Else";
  const Answer answer = call("checkout_start", std::move(arguments));
  if (answer.code != "IDEMPOTENCY_CONFLICT")
    accuse(7, "", "an idempotency key with other arguments is answered with " + answer.content.dump());
}

}  // namespace checkout::chaos

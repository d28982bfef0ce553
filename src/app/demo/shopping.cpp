#include "app/demo/shopping.hpp"

#include <algorithm>

#include <poll.h>

#include "base/json_gate.hpp"

namespace checkout::app::demo {
namespace {

constexpr Milliseconds kPaymentPatience{8'000};

Error unexpected(const std::string& expected, const Json& actual) {
  return Error(ErrorCode::Internal, "expected " + expected + ", got " + actual.dump(2));
}

// A member that the contract promises, at any depth; null if it is missing.
Json at(const Json& json, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  return json.contains(place) ? json[place] : Json();
}
std::string textAt(const Json& json, const std::string& pointer) {
  const Json value = at(json, pointer);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// A town for each country that shops like to ship to.
Json addressIn(const std::string& country) {
  Json address = {{"name", "Ada Lovelace"}, {"line1", "12 Market Street"}, {"city", "Springfield"}};
  if (country == "US") {
    address["state"] = "IL";
    address["postalCode"] = "62701";
  } else if (country == "DE") {
    address["line1"] = "Unter den Linden 5";
    address["city"] = "Berlin";
    address["postalCode"] = "10117";
  } else {
    address["postalCode"] = "10000";
  }
  address["country"] = country;
  return address;
}

std::string summary(const Json& saga) {
  std::string text = textAt(saga, "/sagaId") + "  " + textAt(saga, "/status");
  if (const auto total = textAt(saga, "/totals/total/display"); !total.empty()) text += "  total " + total;
  if (const auto next = textAt(saga, "/nextAction/type"); !next.empty()) text += "  next: " + next;
  return text;
}

}  // namespace

Result<Json> Shopping::call(const std::string& tool, Json arguments) {
  step_ = tool;
  screen_.call(tool, arguments);
  const auto wait = screen_.waiting();
  CHECKOUT_ASSIGN(result,
                  agent_.request("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}}));
  if (at(result, "/isError") == true || !at(result, "/structuredContent").is_object())
    return unexpected("a result with structuredContent", result);
  return Json(result["structuredContent"]);
}

Result<Json> Shopping::play() {
  CHECKOUT_TRY(chooseShop());
  CHECKOUT_TRY(fillCart());
  CHECKOUT_TRY(startCheckout());
  if (trip_.kind == "physical") CHECKOUT_TRY(chooseShipping());
  CHECKOUT_TRY(openPaymentPage());
  if (trip_.declineFirst) {
    CHECKOUT_TRY(pay("4000000000000002", "declined", 402));
    CHECKOUT_TRY(seeDecline());
  }
  CHECKOUT_TRY(pay("4242424242424242", "accepted", 200));
  CHECKOUT_TRY(awaitOrder());
  return readOrder();
}

Result<void> Shopping::chooseShop() {
  CHECKOUT_ASSIGN(list, call("federation_list_tenants", Json::object()));
  for (const Json& shop : at(list, "/tenants"))
    if (textAt(shop, "/status") == "active" && (trip_.kind == "digital" || !at(shop, "/countries").empty())) {
      shop_ = shop;
      screen_.answer(textAt(shop, "/id") + "  " + textAt(shop, "/name") + "  " + textAt(shop, "/currency"));
      return {};
    }
  return unexpected("a shop that sells " + trip_.kind + " goods", list);
}

Result<void> Shopping::fillCart() {
  CHECKOUT_ASSIGN(found, call("catalog_search", {{"tenant_id", shop_["id"]}, {"limit", 50}}));
  Json chosen;
  for (const Json& product : at(found, "/products")) {
    if (textAt(product, "/kind") != trip_.kind || !chosen.is_null()) continue;
    chosen = product;
    screen_.answer(textAt(product, "/productId") + "  " + textAt(product, "/name") + "  " +
                   textAt(product, "/price/display"));
  }
  if (chosen.is_null()) return unexpected("a " + trip_.kind + " product", found);
  const int quantity = trip_.kind == "physical" ? 2 : 1;
  CHECKOUT_ASSIGN(cart, call("cart_add_item", {{"tenant_id", shop_["id"]},
                                               {"cartId", "demo-cart-" + trip_.kind},
                                               {"productId", chosen["productId"]},
                                               {"quantity", quantity}}));
  screen_.answer(std::to_string(quantity) + " in the cart, subtotal " + textAt(cart, "/subtotal/display"));
  return {};
}

Result<void> Shopping::startCheckout() {
  Json arguments = {{"tenant_id", shop_["id"]},
                    {"userId", "demo-user"},
                    {"cartId", "demo-cart-" + trip_.kind},
                    {"email", "ada@example.com"},
                    {"customerName", "Ada Lovelace"}};
  if (trip_.kind == "physical") {
    const auto& countries = shop_["countries"];
    const bool toGermany = std::find(countries.begin(), countries.end(), "DE") != countries.end();
    arguments["shippingAddress"] = addressIn(toGermany ? "DE" : countries.front().get<std::string>());
  }
  CHECKOUT_ASSIGN(saga, call("checkout_start", std::move(arguments)));
  sagaId_ = textAt(saga, "/sagaId");
  if (textAt(saga, "/status") != "pending") return unexpected("status pending", saga);
  screen_.answer(summary(saga));
  return {};
}

Result<void> Shopping::chooseShipping() {
  CHECKOUT_ASSIGN(answer,
                  call("checkout_shipping_options", {{"tenant_id", shop_["id"]}, {"sagaId", sagaId_}}));
  const Json options = at(answer, "/options");
  if (!options.is_array() || options.empty()) return unexpected("shipping options", answer);
  for (const Json& option : options)
    screen_.answer(textAt(option, "/carrierName") + " " + textAt(option, "/serviceName") + "  " +
                   textAt(option, "/price/display") + "  " + at(option, "/minDays").dump() + "–" +
                   at(option, "/maxDays").dump() + " days");
  const auto cheaper = [](const Json& a, const Json& b) {
    return at(a, "/price/amount") < at(b, "/price/amount");
  };
  const Json& cheapest = *std::min_element(options.begin(), options.end(), cheaper);
  CHECKOUT_ASSIGN(saga, call("checkout_select_shipping", {{"tenant_id", shop_["id"]},
                                                          {"sagaId", sagaId_},
                                                          {"carrierId", cheapest["carrierId"]},
                                                          {"serviceId", cheapest["serviceId"]}}));
  screen_.answer(summary(saga));
  return {};
}

Result<void> Shopping::openPaymentPage() {
  CHECKOUT_ASSIGN(saga,
                  call("checkout_create_payment_session", {{"tenant_id", shop_["id"]}, {"sagaId", sagaId_}}));
  sessionId_ = textAt(saga, "/sessionId");
  const std::string url = textAt(saga, "/url");
  if (sessionId_.empty() || url.empty()) return unexpected("sessionId and url", saga);
  screen_.answer(summary(saga));
  screen_.answer("payment page: " + url);
  return {};
}

Result<void> Shopping::pay(const std::string& card, const std::string& what, int expectedStatus) {
  step_ = "the customer pays on the page";
  screen_.event("The customer pays with " + card + " …");
  const auto wait = screen_.waiting();
  HttpRequest request;
  request.method = "POST";
  request.target = "/_sandbox/checkout/sessions/" + sessionId_ + "/pay";
  request.headers.add("Content-Type", "application/json");
  request.body = Json{{"card", card}}.dump();
  const HttpExchange exchange = browser_.send(trip_.sandboxUrl, request, Milliseconds(10'000));
  if (exchange.failure) return Error(ErrorCode::ServiceUnavailable, exchange.failure->message);
  if (exchange.response->status != expectedStatus)
    return unexpected("HTTP " + std::to_string(expectedStatus), exchange.response->body.substr(0, 2'000));
  screen_.event("… and the card is " + what);
  return {};
}

Result<void> Shopping::seeDecline() {
  CHECKOUT_ASSIGN(saga, call("checkout_status", {{"tenant_id", shop_["id"]}, {"sagaId", sagaId_}}));
  if (textAt(saga, "/status") != "payment_pending")
    return unexpected("status payment_pending: the page stays open", saga);
  screen_.answer(summary(saga));
  const std::string message = textAt(saga, "/error/message");
  screen_.answer(message.empty() ? "the page stays open for another card" : message);
  return {};
}

Result<void> Shopping::awaitOrder() {
  const auto deadline = std::chrono::steady_clock::now() + kPaymentPatience;
  for (;;) {
    CHECKOUT_ASSIGN(saga, call("checkout_status", {{"tenant_id", shop_["id"]}, {"sagaId", sagaId_}}));
    screen_.answer(summary(saga));
    if (textAt(saga, "/status") == "completed") {
      orderId_ = textAt(saga, "/order/orderId");
      if (textAt(saga, "/payment/confirmedBy") != trip_.confirmedBy)
        return unexpected("a payment confirmed by " + trip_.confirmedBy, at(saga, "/payment"));
      screen_.answer("paid, confirmed by " + trip_.confirmedBy);
      return {};
    }
    if (std::chrono::steady_clock::now() > deadline) return unexpected("status completed within 8 s", saga);
    const Json pause = at(saga, "/retryAfterMs");
    const auto wait = screen_.waiting();
    pollfd stop{trip_.stopFd, POLLIN, 0};
    const int pauseMs = pause.is_number_integer() ? std::clamp(pause.get<int>(), 50, 1'000) : 200;
    if (::poll(&stop, 1, pauseMs) > 0) return Error(ErrorCode::ServiceUnavailable, "interrupted");
  }
}

Result<Json> Shopping::readOrder() {
  CHECKOUT_ASSIGN(order, call("orders_get", {{"tenant_id", shop_["id"]}, {"orderId", orderId_}}));
  if (textAt(order, "/status") != "confirmed") return unexpected("a confirmed order", order);
  for (const Json& item : at(order, "/items"))
    screen_.answer(at(item, "/quantity").dump() + " × " + textAt(item, "/name") + "  " +
                   textAt(item, "/lineTotal/display"));
  for (const char* part : {"shipping", "tax", "total"})
    screen_.answer(std::string(part) + "  " + textAt(order, "/totals/" + std::string(part) + "/display"));
  return order;
}

}  // namespace checkout::app::demo

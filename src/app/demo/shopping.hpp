// One customer's way from a cart to a paid order, played over an MCP client.
#pragma once

#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

#include "app/demo/mcp_client.hpp"
#include "app/demo/screen.hpp"

namespace checkout::app::demo {

struct Trip {
  std::string kind;           // "physical" or "digital"
  bool declineFirst = false;  // the customer tries a card that is refused
  std::string confirmedBy;    // how the payment should become known: "webhook" or "poll"
  std::string sandboxUrl;
  int stopFd = -1;
};

class Shopping {
 public:
  Shopping(McpClient& agent, HttpClient& browser, Screen& screen, Trip trip)
      : agent_(agent), browser_(browser), screen_(screen), trip_(std::move(trip)) {}

  Result<Json> play();                               // the order
  const std::string& step() const { return step_; }  // the one under way, or the one that failed

 private:
  Result<Json> call(const std::string& tool, Json arguments);
  Result<void> chooseShop();
  Result<void> fillCart();
  Result<void> startCheckout();
  Result<void> chooseShipping();
  Result<void> openPaymentPage();
  Result<void> pay(const std::string& card, const std::string& what, int expectedStatus);
  Result<void> seeDecline();
  Result<void> awaitOrder();
  Result<Json> readOrder();

  McpClient& agent_;
  HttpClient& browser_;
  Screen& screen_;
  const Trip trip_;
  std::string step_;
  Json shop_;
  std::string sagaId_, sessionId_, orderId_;
};

}  // namespace checkout::app::demo

// One customer with an agent: an MCP client that repeats what was not answered, as agents have to, and writes
// down all it learns.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "app/demo/mcp_client.hpp"
#include "chaos/history.hpp"
#include "chaos/server.hpp"
#include "chaos/shop.hpp"
#include "chaos/simulator.hpp"

namespace checkout::chaos {

// What all shoppers share. Everything in it is thread-safe.
struct Town {
  HttpClient& http;
  Simulator& simulator;
  History& history;
  const std::vector<Shop>& shops;
  std::string serverUrl;
  std::function<bool()> isOver;  // nobody will answer any more
  // Told of each answered call: when it had been sent.
  std::function<void(std::chrono::steady_clock::time_point sentAt)> onAnswer = {};
};

// Thrown out of a call once the town is over.
struct TownIsOver {};

struct Answer {
  bool isError = false;
  std::string code;    // of the error
  Json content;        // structuredContent
  int unanswered = 0;  // how many tries of the same call went without an answer before
};

// The customer's names and the dice; enough to come back later.
struct Identity {
  const Shop* shop = nullptr;
  std::string name;  // user, cart and idempotency keys derive from it
  History::Handle handle = 0;
};

// Used by one thread.
class Shopper {
 public:
  Shopper(Town& town, const Shop& shop, std::string name, const std::string& flow, std::uint64_t seed);
  Shopper(Town& town, Identity identity, std::uint64_t seed);  // one who comes back, or a second self

  const Identity& identity() const { return self_; }
  const Shop& shop() const { return *self_.shop; }
  Town& town() { return town_; }

  void refuseApprovals() { approves_ = false; }

  // --- dice ---
  std::uint64_t roll() { return dice_(); }
  bool chance(int percent) { return static_cast<int>(dice_() % 100) < percent; }
  std::int64_t between(std::int64_t low, std::int64_t high);
  void dawdle(int fromMillis, int toMillis);

  // --- the agent ---
  Answer call(const std::string& tool, Json arguments);  // tenant_id is added
  void fillCart(const Goods& goods, int quantity);
  // The saga as answered; nullopt after a refusal that left none.
  std::optional<Json> start(const std::optional<std::string>& paymentMethod = std::nullopt);
  // Charges without a page what the last answer has shown; the saga as answered, unless it is refused.
  std::optional<Json> payShown(const Json& saga, const std::string& paymentMethod);
  Answer retry(const std::string& sagaId);
  std::optional<Json> status(const std::string& sagaId);
  void chooseShipping(const std::string& sagaId, const std::string& service);
  std::optional<Json> openPage(const std::string& sagaId);
  Answer cancel(const std::string& sagaId);
  Answer confirm(const std::string& intentId, const std::string& method);
  // Asks until the saga has ended, or needs the customer, or `patience` is over; what was answered last.
  Json awaitEnd(const std::string& sagaId, Milliseconds patience);
  void readOrder(const Json& saga);

  // --- the customer at the payment page; false: the page did not take it ---
  Reply pay(const std::string& sessionId, const Json& how);
  Reply settle(const std::string& intentId, bool succeeds);

  // Tries to see this saga from the other shop, and compares with what is answered about one that never was.
  void spy(const std::string& sagaId);
  // The key of the first start with other arguments.
  void abuseKey();

  std::string key() const { return "key-" + self_.name; }
  std::string cart() const { return "cart-" + self_.name; }
  UserId user() const { return UserId{"user-" + self_.name}; }
  Json startArguments(const std::optional<std::string>& paymentMethod) const;
  void accuse(int invariant, const std::string& sagaId, std::string what);
  void tell(std::string line) { town_.history.tell(self_.handle, std::move(line)); }
  template <class Change>
  void note(const Change& change) {
    town_.history.note(self_.handle, change);
  }

 private:
  Result<Json> ask(const std::string& tool, const Json& arguments);
  bool answerQuestion(Json& request, const Json& result);
  Answer callAt(const TenantId& tenant, const std::string& tool, Json arguments);
  void learn(const Json& content);
  void searchForSecrets(const std::string& tool, const std::string& text);

  Town& town_;
  Identity self_;
  std::mt19937_64 dice_;
  std::unique_ptr<app::demo::McpClient> agent_;
  bool approves_ = true;  // what the agent asks the customer for
};

// A member at any depth as text; "" if it is missing or no text.
std::string textAt(const Json& json, const std::string& pointer);

// Every card and bank account number that customers use here.
const std::vector<std::string>& paymentNumbers();

}  // namespace checkout::chaos

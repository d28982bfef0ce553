// Everything one Stripe account holds. The wire object of a thing is its state; the members beside it are
// what Stripe doesn't show.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <checkout/clock.hpp>
#include <checkout/json.hpp>
#include <checkout/secret.hpp>

#include "sandbox/idempotency.hpp"
#include "sandbox/table.hpp"

namespace checkout::sandbox {

inline constexpr const char* kApiVersion = "2026-10-28.endive";

struct Session {
  std::string id;
  Json object;           // checkout.session, without line_items
  Json lineItems;        // array of "item"
  Json products;         // what each line sells: {id, name, description, images …}
  Json intentData;       // payment_intent_data as given
  Json customerUpdate;   // customer_update as given
  Json address;          // where the customer is, for tax; null until it is known
  std::string merchant;  // shown on the page; may be empty
};

struct Intent {
  std::string id;
  Json object;
  std::string sessionId;     // of the Checkout Session that made it; empty if none did
  std::string returnUrl;     // after a redirect; empty if none was given
  bool isStored = false;     // false: still being made, and refused requests leave nothing of it
  bool savesMethod = false;  // the customer has ticked the box on the page
};

// How a payment method behaves, decided by its test number or token.
struct Behaviour {
  enum class Kind { Succeeds, Declines, Challenge, SettlesLater };
  Kind kind = Kind::Succeeds;
  std::string code, declineCode;  // Declines, and Challenge that ends in a decline
  bool declinesAfterChallenge = false;
  bool exemptOffSession = false;  // Challenge: not asked for when the customer is away
  enum class Refund { AtOnce, Pending, Fails } refund = Refund::AtOnce;
  bool disputed = false;
  bool settles = true;  // SettlesLater: does the money come?
  Milliseconds settleAfter{0};
};

struct Method {
  std::string id;
  Json object;
  Behaviour behaviour;
  bool isSpent = false;  // charged without a customer, or detached from one: never to be used again
};

struct Record {
  std::string id;
  Json object;
  bool deleted = false;  // kept for those that refer to it, and not listed any more
};

struct Refund {
  std::string id;
  Json object;
  Behaviour::Refund outcome = Behaviour::Refund::AtOnce;
};

struct Event {
  std::string id;
  std::string type;
  std::string dataText;  // the `data` member as text: a snapshot costs a tenth of its tree
  TimePoint createdAt;
  int pendingWebhooks = 0;
  std::optional<std::string> requestId, idempotencyKey;
};

struct WebhookEndpoint {
  std::string id;
  Json object;
  std::string url;
  Secret secret;
  enum class Hears { Own, Connected, All } hears = Hears::Own;  // whose events: Stripe's `connect`
};

// What a key rk_test_… may do; others may do anything.
struct RestrictedKey {
  std::string ownerKey;                                   // the secret key of its account
  std::set<std::string> permissions, connectPermissions;  // "charge_write"; for itself, and in others' names
};

struct Account {
  std::string id;       // acct_…, derived from the key
  std::string keyHint;  // "sk_test_…1234"
  bool isConnected = false;
  bool isAccessible = true;     // false: the connection was revoked
  Account* platform = nullptr;  // whose endpoints hear of this account's events; itself if not connected

  Table<Session> sessions;
  Table<Intent> intents;
  Table<Record> charges;
  Table<Refund> refunds;
  Table<Method> methods;
  Table<Record> disputes;
  Table<Record> transactions;  // balance_transaction
  Table<Record> customers, coupons, promotionCodes, products, prices, shippingRates;
  Table<Event> events;
  // Products and prices that came with a session, by id: the session and the position of the line.
  std::unordered_map<std::string, std::pair<std::string, std::size_t>> madeForLines;
  std::vector<WebhookEndpoint> endpoints;
  std::unordered_map<std::string, std::int64_t> balance;  // by currency
  IdempotencyStore idempotency;

  Json profile = Json::object();  // what differs from a new account's object
  Json headOffice = {{"address",
                      {{"country", "US"},
                       {"line1", "1 Main Street"},
                       {"line2", nullptr},
                       {"city", "San Francisco"},
                       {"state", "CA"},
                       {"postal_code", "94105"}}}};
  Json taxDefaults = Json::object();
  std::vector<std::string> taxCountries = {"DE"};  // where tax is collected
};

}  // namespace checkout::sandbox

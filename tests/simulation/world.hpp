// A small world in one thread: two shops, two workers over one store, the simulator of Stripe behind a wire
// that loses requests and answers, and a clock that is turned by hand. Every chance is drawn from one seed,
// so that the same seed plays the same story again (but for the random ids in it).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <checkout/http.hpp>
#include <checkout/mailer.hpp>
#include <checkout/saga_changes.hpp>

#include "chaos/checker.hpp"
#include "chaos/folder.hpp"
#include "saga/checkout_service.hpp"
#include "sandbox/sandbox.hpp"
#include "support/manual_clock.hpp"
#include "support/mortal.hpp"

namespace checkout::simulation {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  bool chance(int percent) { return below(100) < percent; }
  int below(int end) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(end)); }
  template <class List>
  auto& oneOf(List& list) {
    return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937_64 engine_;
};

// Between the gateway and the simulator.
class Wire final : public HttpClient {
 public:
  Wire(sandbox::Sandbox& stripe, test::ManualClock& clock, Dice& dice)
      : stripe_(stripe), clock_(clock), dice_(dice) {}
  HttpExchange send(const std::string& origin, const HttpRequest& request, Milliseconds deadline) override;

  int faultPercent = 0;
  int pausePercent = 0;
  std::function<void()> onPause;  // the worker stands still while a request is under way
  // Payments of which less arrived than was asked for: what the provider says of them is changed on the way.
  std::map<std::string, std::int64_t> shortOf;  // by pi_…

 private:
  HttpExchange serve(const HttpRequest& request);
  sandbox::Sandbox& stripe_;
  test::ManualClock& clock_;
  Dice& dice_;
};

// What happened at the store, seen from where the workers stand: a write that was accepted although a newer
// lease had been granted.
class Witness;

struct Worker {
  std::string name;
  test::Fuse fuse;
  std::unique_ptr<test::MortalStore> store;
  std::unique_ptr<test::MortalGateway> gateway;
  std::unique_ptr<saga::CheckoutService> service;
};

class World {
 public:
  World(std::uint64_t seed, const std::string& bug);
  ~World();

  // --- the machines ---
  Worker& anyWorker();
  void restart(Worker& worker);  // as after a crash; the leases of the dead run out first
  void pauses(int percent);      // of the requests, from now on
  void deliverMails();
  // --- the provider ---
  // The simulator's own routes take JSON, Stripe's a form.
  Json stripe(const chaos::Shop& shop, const std::string& method, const std::string& target,
              const Json& body = Json());
  Json stripe(const chaos::Shop& shop, const std::string& method, const std::string& target,
              const std::string& form);
  void collectEvents();             // new ones join `undelivered`; some get lost, some come twice
  void deliver(std::size_t index);  // one of them, to any worker
  void deliverAll();
  // --- the end ---
  void calm();                   // no more faults, nobody dies any more
  void pass(Milliseconds time);  // and everything that is due happens
  void settle();                 // calm; time passes until nothing moves
  chaos::Verdict judge();

  Dice dice;
  test::ManualClock clock;
  std::vector<chaos::Shop> shops;
  chaos::History history;
  std::unique_ptr<Wire> wire;
  std::vector<std::unique_ptr<Worker>> workers;
  struct Delivery {
    const chaos::Shop* shop = nullptr;
    Json event;
  };
  std::deque<Delivery> undelivered;
  bool losesEvents = true;
  std::set<std::pair<TenantId, SagaId>> known;  // checkouts that customers were told of

 private:
  void standStill();
  Json ledgerOf(const chaos::Shop& shop);

  const std::string bug_;
  chaos::Folder folder_;
  std::unique_ptr<HttpClient> nobody_;
  std::unique_ptr<sandbox::Sandbox> stripe_;
  std::unique_ptr<TenantDirectory> tenants_;
  std::unique_ptr<Store> real_, buggy_, witness_;
  std::unique_ptr<PaymentGateway> gateway_, buggyGateway_;
  std::unique_ptr<SagaChangeFeed> feed_;
  std::unique_ptr<Mailer> mailer_;
  std::map<std::string, std::string> lastEvent_;              // by shop: the newest that was collected
  std::map<std::string, std::vector<std::string>> answered_;  // by shop: events that were acknowledged
  bool standing_ = false;
};

}  // namespace checkout::simulation

// The vocabulary of the durability scripts (*.txt): each line is one sentence, README.md lists them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/around.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::saga {

// Where the process is to die: before or after a transition commits, or a call is sent.
struct Trap {
  enum class When { Before, After } when = When::Before;
  std::string name;  // a step ("confirm_order"), an event type ("payment_paid"), or a call ("create_session")
};

// The machine that the scripts kill. While it is dead nothing reaches the store or the provider.
struct Machine {
  std::optional<Trap> trap;
  bool dead = false;
  bool springs(Trap::When when, const std::set<std::string>& names);
};

class TrappedStore final : public test::AroundStore {
 public:
  TrappedStore(Store& inner, Machine& machine);
  Result<void> write(const Body& body) override;
  Result<void> read(const Body& body) override;

 private:
  Machine& machine_;
  std::set<std::string> written_;  // what the transaction at hand is about
};

class TrappedGateway final : public test::AroundGateway {
 public:
  TrappedGateway(PaymentGateway& inner, Machine& machine) : AroundGateway(inner), machine_(machine) {}
  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override;
  PayerOutcome findPayer(const Tenant& tenant, const std::string& method) override;
  PayerOutcome ensureCustomer(const Tenant& tenant, const std::string& user,
                              const std::string& gone) override;

 private:
  template <class Ask>
  PayerOutcome unlessKilled(const char* name, const Ask& ask);
  Machine& machine_;
};

class Durability : public CheckoutTest {
 protected:
  // Plays a script; a sentence that does not hold, or that nobody understands, fails the test.
  void play(const std::vector<std::string>& lines);

 private:
  bool act(const std::string& line);     // false: not a sentence of this kind
  bool suffer(const std::string& line);  // crashes, lost answers, time
  bool check(const std::string& line);
  bool save(const std::string& line);  // what is saved at the provider
  void start(int mugs, int books, const std::optional<std::string>& method);
  void arrive(const std::string& type);
  void bootMachine();
  Saga stored();
  std::vector<std::string> history();

  Machine machine_;
  std::unique_ptr<TrappedStore> store_;
  std::unique_ptr<TrappedGateway> trapped_;
  std::optional<SagaId> saga_;
  std::optional<std::string> session_;  // the page the customer was shown
  std::optional<ErrorCode> refusal_;    // of the last sentence
  int webhooks_ = 0;
};

}  // namespace checkout::saga

// A customer whose agent does what nextAction says, word for word (chaos/literal_agent.hpp), at the service
// instead of the tools.
#pragma once

#include <optional>
#include <string>

#include "chaos/literal_agent.hpp"
#include "simulation/world.hpp"

namespace checkout::simulation {

class LiteralCustomer {
 public:
  // Which of the agent's answers get lost, of a hundred.
  LiteralCustomer(World& world, int number, int forgetPercent);

  void act();     // the next call of its purchase, or the first of another one
  void finish();  // nothing goes wrong any more: it has to come to an end within 12 calls

 private:
  void begin();
  void payAtPage();
  bool forgets();
  Json call(const std::string& tool, const Json& arguments);
  Result<Json> callService(const std::string& tool, const Json& arguments);
  Result<Saga> start(const Json& arguments);
  Result<Json> addToCart(const Json& arguments);
  Result<Saga> approved(const Result<Saga>& answer, bool pays,
                        const std::function<Result<Saga>(saga::Approval)>& again);
  template <class Change>
  void note(const Change& change) {
    world_.history.note(handle_, change);
  }

  World& world_;
  const chaos::Shop& shop_;
  const std::string name_;
  const int forgetPercent_;
  bool isDistracted_ = true;  // forgets, and approves only sometimes
  chaos::History::Handle handle_ = 0;
  std::optional<chaos::LiteralAgent> agent_;
  int purchases_ = 0;
};

}  // namespace checkout::simulation

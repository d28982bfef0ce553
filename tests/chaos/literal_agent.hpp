// An agent that does what the last answer's nextAction says, word for word, and nothing else. A forgetful one
// loses some of the answers and repeats those calls.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <checkout/json.hpp>

namespace checkout::chaos {

class LiteralAgent {
 public:
  // A call of a tool; structuredContent of the answer, of an error too.
  using Call = std::function<Json(const std::string& tool, const Json& arguments)>;
  struct Character {
    std::function<bool()> forgets = [] { return false; };  // asked at each answer
    std::string productId;                                 // put into the cart if it is told to
  };
  // It begins with checkout_start, with `start` as arguments. Told to start over it takes a new
  // idempotencyKey, if it had one.
  LiteralAgent(Call call, Json start, Character character);

  // Makes the next call. False: there is none, the last answer asks for nothing more.
  bool step();
  // Since when it was asked to count: all calls, and those that were not just looking again after a wait.
  int calls() const { return calls_; }
  int deeds() const { return deeds_; }
  void countAnew() { calls_ = deeds_ = 0; }
  // The next call looks how it stands: time should pass, and the customer act, before it is made.
  bool isWaiting() const { return next_ && (isRepeated_ || next_->first == "checkout_status"); }
  const Json& answer() const { return answer_; }  // the last one that it remembers

 private:
  using NextCall = std::pair<std::string, Json>;
  std::optional<NextCall> obey();
  std::optional<NextCall> callOf(const std::string& tool) const;

  const Call call_;
  Json start_;
  const Character character_;
  std::optional<NextCall> next_;
  Json answer_ = Json::object();
  std::string sagaId_, intentId_;  // as last heard of
  Json total_;
  bool isRepeated_ = false, hasChosenShipping_ = false;
  int calls_ = 0, deeds_ = 0;
};

}  // namespace checkout::chaos

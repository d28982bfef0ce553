// What the client was asked by requests of our own, and which of its requests wait for the answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <checkout/client_input.hpp>
#include <checkout/clock.hpp>

#include "mcp/envelope.hpp"
#include "mcp/gauges.hpp"

namespace checkout::mcp {

// Thread-safe; calls out only when no lock is held. One per session, which it must not own.
class Questions {
 public:
  // The request that waits. Exactly one of resume and giveUp is called, once.
  struct Waiting {
    // Called once, before resume: is that to run in the payment provider's lane?
    std::function<bool()> enterProviderLane;
    std::function<void(Json answers)> resume;                 // the answers under each request's key
    std::function<void(std::optional<RpcError> why)> giveUp;  // nothing comes; nullopt: nobody wants a reply
  };

  explicit Questions(std::shared_ptr<Gauges> gauges) : gauges_(std::move(gauges)) {}
  ~Questions();  // gives up what still waits

  struct Asked {
    std::vector<std::string> messages;  // JSON-RPC requests, to be sent; empty: nothing is asked
    std::uint64_t round = 0;            // for forget()
  };
  // Nothing is asked, and `waiting` dropped uncalled, if too many are open already.
  Asked ask(const std::vector<InputRequest>& requests, TimePoint until, Waiting waiting);
  void forget(std::uint64_t round, const std::optional<RpcError>& why = std::nullopt);
  void expire(TimePoint now);

  struct Answered {
    Waiting waiting;
    Json answers;
  };
  // Takes an answer. What is returned is to be resumed, if it is anything. Answers to nothing are ignored.
  std::optional<Answered> answer(const Envelope& response);

 private:
  struct Round {
    std::size_t missing = 0;
    TimePoint until;
    Json answers = Json::object();
    Waiting waiting;
    Gauges::Held held;
  };
  struct Open {
    std::uint64_t round = 0;
    std::string key, method;
  };
  template <class Choice>
  void giveUp(Choice choice, const std::optional<RpcError>& why);

  const std::shared_ptr<Gauges> gauges_;
  std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Round> rounds_;
  std::map<std::string, Open> open_;  // by the id of our request
};

}  // namespace checkout::mcp

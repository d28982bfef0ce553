// What was asked of a client of a handshake revision, by requests of ours, and still waits for its answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <checkout/client_input.hpp>

#include "mcp/envelope.hpp"

namespace checkout::mcp {

// Thread-safe. One per session.
class Questions {
 public:
  // Called once, with an answer under each request's key, when the last one is in.
  using Resume = std::function<void(Json answers)>;

  struct Asked {
    std::vector<std::string> messages;  // JSON-RPC requests, to be sent; empty: too many are open, or closed
    std::uint64_t round = 0;            // for forget()
  };
  Asked ask(const std::vector<InputRequest>& requests, Resume resume);
  void forget(std::uint64_t round);
  void close();  // forgets all, and asks no more

  // Takes an answer. What is returned is to be run, if it is anything. Answers to nothing are ignored.
  std::function<void()> answer(const Envelope& response);

 private:
  struct Round {
    std::size_t missing = 0;
    Json answers = Json::object();
    Resume resume;
  };
  struct Open {
    std::uint64_t round = 0;
    std::string key, method;
  };

  std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Round> rounds_;
  std::map<std::string, Open> open_;  // by the id of our request
};

}  // namespace checkout::mcp

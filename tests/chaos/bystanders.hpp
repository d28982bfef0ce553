// Who acts beside the customers of a run: a merchant at Stripe's dashboard, and an operator with the commands
// of `checkout-mcp saga`. On threads of their own until this goes.
#pragma once

#include <atomic>
#include <random>
#include <thread>

#include "chaos/server.hpp"
#include "chaos/shopper.hpp"

namespace checkout::chaos {

class Bystanders {
 public:
  // All must outlive this.
  Bystanders(Town& town, const ServerSetup& setup, std::string storeUrl, std::uint64_t seed);
  ~Bystanders();
  Bystanders(const Bystanders&) = delete;
  Bystanders& operator=(const Bystanders&) = delete;

 private:
  void playMerchant();
  void playOperator();
  // Runs `checkout-mcp saga WORDS`; what it printed.
  std::string saga(std::vector<std::string> words);
  void lookAfterStuck(std::mt19937_64& dice);
  void refundSomething(std::mt19937_64& dice);
  bool rest(Milliseconds time);  // false: it is over

  Town& town_;
  const ServerSetup& setup_;
  const std::string storeUrl_;
  const std::uint64_t seed_;
  std::atomic<bool> stopping_{false};
  std::thread merchant_, operator_;
};

}  // namespace checkout::chaos

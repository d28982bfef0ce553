// The merchant at Stripe's dashboard: does what can be done there with the shop's own payments, at random and
// without asking anybody. The dashboard acts through the same API, but knows nothing of our metadata.
#pragma once

#include <functional>
#include <string>

#include <checkout/json.hpp>

namespace checkout::chaos {

class Merchant {
 public:
  // A request to Stripe with the shop's key; `form` is empty for GET. What is refused is answered as an
  // error.
  using Stripe =
      std::function<Json(const std::string& method, const std::string& target, const std::string& form)>;
  // A number below `end`.
  using Dice = std::function<int(int end)>;
  Merchant(Stripe stripe, Dice dice) : stripe_(std::move(stripe)), dice_(std::move(dice)) {}

  // One deed, to one of the newest objects; or none, if there is nothing to do it to. What was done, or "".
  std::string act();

 private:
  Json oneOf(const std::string& list);
  std::string refund();
  std::string expireSession();
  std::string cancelIntent();
  std::string dispute();
  std::string closeDispute();

  const Stripe stripe_;
  const Dice dice_;
};

}  // namespace checkout::chaos

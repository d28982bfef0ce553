// What a customer was shown of totals, and has agreed to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <checkout/json.hpp>

namespace checkout::chaos {

struct Consent {
  std::optional<std::int64_t> shown;  // by the last answer about a checkout that is not over
  std::set<std::int64_t> totals;  // each was the one shown when a call left that may charge without a page
  bool isBlind = false;           // such a call left before any was shown: any total may be charged
  std::map<std::string, std::int64_t> pages;  // by session: the total that an answer showed beside its page
  // Checkout and total (as displayed) of each approval above the threshold; the checkout may be "": unknown.
  std::set<std::pair<std::string, std::string>> approvals;

  void learn(const Json& answer);   // structuredContent of a tool's result
  void forget() { shown.reset(); }  // an answer got lost that may have changed the total
  // A call leaves that may charge without a page; checkout_pay names the total itself.
  void charge(std::optional<std::int64_t> expected = std::nullopt);
};

}  // namespace checkout::chaos

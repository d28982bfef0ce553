// How long the reads of a thread may wait for somebody else's answer, where whoever asked would rather be told
// what is known. Calls that change something are not cut short: their answers are worth waiting for.
#pragma once

#include <algorithm>

#include <checkout/clock.hpp>

namespace checkout {

class ReadPatience {
 public:
  explicit ReadPatience(Milliseconds limit) : before_(limit_) { limit_ = std::min(limit_, limit); }
  ~ReadPatience() { limit_ = before_; }
  ReadPatience(const ReadPatience&) = delete;
  ReadPatience& operator=(const ReadPatience&) = delete;

  static Milliseconds ofThisThread() { return limit_; }

 private:
  inline static thread_local Milliseconds limit_ = Milliseconds::max();
  Milliseconds before_;
};

}  // namespace checkout

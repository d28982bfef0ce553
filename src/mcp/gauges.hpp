// How much of what an engine holds at this moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace checkout::mcp {

// Thread-safe. Shared by all that count in it, since a session may outlive its engine.
struct Gauges {
  std::atomic<std::int64_t> sessions{0}, runningCalls{0}, openQuestions{0};

  // Counts for as long as it lives.
  class Held {
   public:
    Held() = default;
    Held(std::shared_ptr<Gauges> gauges, std::atomic<std::int64_t> Gauges::*which)
        : gauges_(std::move(gauges)), which_(which) {
      ++((*gauges_).*which_);
    }
    Held(Held&& other) noexcept : gauges_(std::move(other.gauges_)), which_(other.which_) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(gauges_, other.gauges_);
      std::swap(which_, other.which_);
      return *this;
    }
    ~Held() {
      if (gauges_) --((*gauges_).*which_);
    }

   private:
    std::shared_ptr<Gauges> gauges_;
    std::atomic<std::int64_t> Gauges::*which_ = nullptr;
  };
};

}  // namespace checkout::mcp

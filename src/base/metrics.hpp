// Counters and gauges, rendered as Prometheus text (exposition format 0.0.4).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace checkout {

// Thread-safe. References that it hands out live as long as the registry.
class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  class Value {
   public:
    void add(std::int64_t delta = 1) { value_.fetch_add(delta, std::memory_order_relaxed); }
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::int64_t get() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::int64_t> value_ = 0;
  };

  // The series of that name and these labels; made on first use. A name keeps the kind and help of its first
  // use. Label values must come from a small closed set: every new one is a new series that stays.
  Value& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Value& gauge(std::string_view name, std::string_view help, const Labels& labels = {});

  std::string render() const;  // sorted by name, then labels

 private:
  struct Family {
    std::string help;
    std::string_view kind;
    std::map<std::string, std::unique_ptr<Value>, std::less<>> series;  // by rendered labels
  };
  Value& find(std::string_view kind, std::string_view name, std::string_view help, const Labels& labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace checkout

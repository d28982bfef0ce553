// A 128-bit print of a state: equal states have equal prints, and different ones have different prints for
// all practical purposes.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include <checkout/clock.hpp>

namespace checkout::model {

struct Print {
  std::uint64_t high = 0x9e3779b97f4a7c15, low = 0xd1b54a32d192ed03;
  auto operator<=>(const Print&) const = default;
};

class Printer {
 public:
  Printer& add(std::uint64_t value) {
    print_.low = mix(print_.low ^ value, 0xa0761d6478bd642f);
    print_.high = mix(print_.high ^ (value + print_.low), 0xe7037ed1a0b428db);
    return *this;
  }
  Printer& add(std::string_view text) {
    add(text.size());
    while (!text.empty()) {
      std::uint64_t word = 0;
      const std::size_t taken = text.size() < sizeof word ? text.size() : sizeof word;
      std::memcpy(&word, text.data(), taken);
      add(word);
      text.remove_prefix(taken);
    }
    return *this;
  }
  Printer& add(const Print& print) { return add(print.high).add(print.low); }
  template <class T>
  Printer& add(const std::optional<T>& value) {
    add(std::uint64_t{value.has_value()});
    return value ? add(*value) : *this;
  }
  // A time matters by how it lies to now: see span().
  Printer& add(TimePoint time, TimePoint now) { return add(static_cast<std::uint64_t>(span(time - now))); }
  const Print& print() const { return print_; }

  // The spans that some deadline of the checkout tells apart. Which of two times of one span is the earlier
  // one is not told, so that the space of states is finite.
  static int span(Milliseconds away) {
    constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
    constexpr std::int64_t kBorders[] = {0,           3 * kSecond,  12 * kSecond, 31 * kSecond,
                                         2 * kMinute, 12 * kMinute, kHour,        6 * kHour,
                                         23 * kHour,  25 * kHour,   47 * kHour};
    const std::int64_t size = away.count() < 0 ? -away.count() : away.count();
    int index = 0;
    for (const std::int64_t border : kBorders) index += size > border;
    return away.count() < 0 ? -index : index;
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  Print print_;
};

}  // namespace checkout::model

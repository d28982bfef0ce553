#include "app/operate/printable.hpp"

#include <algorithm>

namespace checkout::app::operate {
namespace {

constexpr std::size_t kLabelWidth = 11;

// Code points; wide enough for what is printed here.
std::size_t widthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void Page::field(std::string_view label, std::string_view value) {
  if (value.empty()) return;
  std::string text("  ");
  text.append(label).append(kLabelWidth - std::min(kLabelWidth, label.size()), ' ').append(value);
  line(text);
}

std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], widthOf(printable(row[i])));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& text = lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = printable(row[i]);
      text.append(cell).append(widths[i] + 2 - widthOf(cell), ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
  }
  return lines;
}

std::string roughly(Milliseconds duration) {
  using namespace std::chrono;
  const auto in = [](auto count, const char* unit) {
    return std::to_string(std::max<std::int64_t>(0, count)).append(1, ' ').append(unit);
  };
  if (duration < minutes(1)) return in(floor<seconds>(duration).count(), "s");
  if (duration < hours(1)) return in(floor<minutes>(duration).count(), "min");
  if (duration < hours(48)) return in(floor<hours>(duration).count(), "h");
  return in(floor<days>(duration).count(), "d");
}

}  // namespace checkout::app::operate

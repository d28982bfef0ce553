// Text for a terminal. What customers and agents wrote must neither steer it nor forge a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/clock.hpp>

#include "base/printable.hpp"

namespace checkout::app::operate {

// Printable lines, one after the other.
class Page {
 public:
  void line(std::string_view text) { text_.append(printable(text)).append(1, '\n'); }
  void field(std::string_view label, std::string_view value);  // nothing if the value is empty
  void gap() { text_ += '\n'; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Rows with their columns aligned and two spaces between them; without the spaces at the ends of lines.
std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows);

std::string roughly(Milliseconds duration);  // "12 s", "3 min", "5 h", "2 d"

}  // namespace checkout::app::operate

// Cuts a byte stream into lines without ever holding more than one line of the largest size allowed.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace checkout::transport {

class LineReader {
 public:
  struct Handlers {
    std::function<void(std::string_view line)> line;  // without its end; blank lines are left out
    std::function<void()> tooLong;                    // once a line, as soon as it is known
  };
  LineReader(std::size_t maxBytes, Handlers handlers) : maxBytes_(maxBytes), handlers_(std::move(handlers)) {}

  void feed(std::string_view bytes) {
    for (std::size_t end; (end = bytes.find('\n')) != std::string_view::npos; bytes.remove_prefix(end + 1)) {
      take(bytes.substr(0, end));
      finish();
    }
    take(bytes);
  }
  // The stream ended; what came after the last line end is a line too.
  void finish() {
    if (!skipping_ && line_.find_first_not_of(" \t\r") != std::string::npos) handlers_.line(line_);
    line_.clear();
    skipping_ = false;
  }

 private:
  void take(std::string_view part) {
    if (skipping_) return;
    if (line_.size() + part.size() <= maxBytes_) {
      line_ += part;
      return;
    }
    line_.clear();
    skipping_ = true;
    handlers_.tooLong();
  }

  std::size_t maxBytes_;
  Handlers handlers_;
  std::string line_;
  bool skipping_ = false;
};

}  // namespace checkout::transport

#include "app/demo/screen.hpp"

#include <cstdlib>
#include <iostream>

#include <unistd.h>

namespace checkout::app::demo {
namespace {

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kCyan = "\x1b[36m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kReset = "\x1b[0m";

bool wantsColours(bool terminal) {
  const char* refused = std::getenv("NO_COLOR");  // https://no-color.org
  return terminal && (refused == nullptr || *refused == '\0');
}

}  // namespace

Screen::Screen() : terminal_(::isatty(STDOUT_FILENO) == 1), colours_(wantsColours(terminal_)) {}

void Screen::line(const char* colour, const std::string& text) const {
  std::cout << (colours_ ? colour + text + kReset : text) + "\n" << std::flush;
}

void Screen::heading(const std::string& text) {
  line(kBold, "\n" + text);
}
void Screen::call(const std::string& tool, const Json& arguments) {
  std::string text("→ " + tool);
  if (!arguments.empty()) text.append(1, ' ').append(arguments.dump());
  line(kCyan, text);
}
void Screen::event(const std::string& text) {
  line(kYellow, "● " + text);
}
void Screen::answer(const std::string& text) {
  line(kDim, "  ← " + text);
}
void Screen::success(const std::string& text) {
  line(kGreen, "✓ " + text);
}
void Screen::failure(const std::string& text) {
  line(kRed, "✗ " + text);
}
void Screen::plain(const std::string& text) {
  line("", text);
}

Screen::Wait::Wait(bool terminal) {
  if (!terminal) return;
  loop_ = std::make_unique<WakeableLoop>([this]() -> std::optional<Milliseconds> {
    static constexpr const char* kTurns[] = {"|", "/", "-", "\\"};
    const auto waited = std::chrono::steady_clock::now() - start_;
    if (waited > std::chrono::seconds(1))
      std::cout << "\r  " << kTurns[turns_++ % 4] << " waiting, "
                << std::chrono::floor<std::chrono::seconds>(waited).count() << " s" << std::flush;
    return Milliseconds(100);
  });
}

Screen::Wait::~Wait() {
  if (loop_) loop_->stop();
  if (turns_ > 0) std::cout << "\r\x1b[K" << std::flush;
}

}  // namespace checkout::app::demo

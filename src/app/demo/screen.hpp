// What the audience sees. Colour and a moving sign of life appear on a terminal only.
#pragma once

#include <memory>
#include <string>

#include <checkout/json.hpp>

#include "base/wakeable_loop.hpp"

namespace checkout::app::demo {

class Screen {
 public:
  Screen();  // writes to stdout

  void heading(const std::string& text);
  void call(const std::string& tool, const Json& arguments);
  void event(const std::string& text);   // something the customer does
  void answer(const std::string& text);  // one line of it
  void success(const std::string& text);
  void failure(const std::string& text);
  void plain(const std::string& text);

  // Shows a spinner from one second after it was made until it goes.
  class Wait {
   public:
    explicit Wait(bool terminal);
    ~Wait();

   private:
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    int turns_ = 0;
    std::unique_ptr<WakeableLoop> loop_;  // nullptr: no terminal
  };
  Wait waiting() const { return Wait(terminal_); }

 private:
  void line(const char* colour, const std::string& text) const;

  const bool terminal_, colours_;
};

}  // namespace checkout::app::demo

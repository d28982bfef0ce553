// What one check has shown.
#pragma once

#include <string>

namespace checkout::app::doctor {

enum class Verdict { Ok, Warn, Fail };

struct Finding {
  Verdict verdict = Verdict::Ok;
  std::string check;   // what was looked at: "key", "webhooks" …
  std::string found;   // one sentence
  std::string advice;  // what to do; empty if there is nothing to do
};

}  // namespace checkout::app::doctor

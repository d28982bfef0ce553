// The port that delivers one e-mail. Implementations: src/notify.
#pragma once

#include <string>

#include <checkout/result.hpp>

namespace checkout {

struct Email {
  std::string id;  // stable across redeliveries; becomes the Message-ID, so that a second copy can be told
  std::string from, to, subject;
  std::string text;  // text/plain, UTF-8, LF line ends
};

// Thread-safe. An error means "not delivered, try again".
class Mailer {
 public:
  virtual ~Mailer() = default;
  virtual Result<void> deliver(const Email& email) = 0;
};

}  // namespace checkout

// An e-mail as the text of an RFC 5322 message.
#pragma once

#include <string>

#include <checkout/clock.hpp>
#include <checkout/mailer.hpp>

namespace checkout::notify {

// Lines end in CRLF, headers are folded and encoded (RFC 2047), the body is quoted-printable UTF-8. Nothing
// in `email` can add a header: line ends and control characters in header fields become spaces.
std::string toMessage(const Email& email, TimePoint date);

}  // namespace checkout::notify

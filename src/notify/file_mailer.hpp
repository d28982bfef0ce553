// Delivers e-mails as files, for people to read and for mail programs to pick up.
#pragma once

#include <filesystem>
#include <memory>

#include <checkout/mailer.hpp>

namespace checkout::notify {

// One RFC 5322 message per .eml file below `folder`, which is created when first needed. The file's name and
// the Message-ID come from Email::id, so that a redelivery replaces the file. A file is complete as soon as
// it has its name; ServiceUnavailable if it could not be written. Thread-safe.
std::unique_ptr<Mailer> makeFileMailer(std::filesystem::path folder);

}  // namespace checkout::notify

// What Stripe remembers under an Idempotency-Key, for one account.
#pragma once

#include <string>
#include <unordered_map>
#include <variant>

#include <checkout/clock.hpp>
#include <checkout/http.hpp>
#include <checkout/result.hpp>

#include "sandbox/form.hpp"

namespace checkout::sandbox {

class IdempotencyStore {
 public:
  struct Answer {
    int status = 0;
    std::string body, requestId;
  };
  struct Entry {
    std::string method, path;
    std::string parameters;  // digest of the decoded, sorted parameters
    std::string bodyDigest;  // of the raw body
    TimePoint createdAt;
    bool inFlight = true;
    bool remembered = false;  // `answer` is what a repetition gets
    Answer answer;
    int uses = 0;        // requests that carried the key and these parameters
    int mismatches = 0;  // requests that carried others
  };

  // Fresh: execute, then finish(). Replay: answer with what is stored.
  struct Fresh {};
  using Ticket = std::variant<Fresh, Answer>;
  // idempotency_error for other parameters, idempotency_key_in_use while the first request runs.
  Result<Ticket> begin(const std::string& key, const HttpRequest& request, const Form& parameters,
                       TimePoint now);
  // What is not remembered leaves the key free for another try with the same parameters.
  void finish(const std::string& key, bool remember, Answer answer);

  const std::unordered_map<std::string, Entry>& entries() const { return entries_; }

 private:
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace checkout::sandbox

#include "sandbox/idempotency.hpp"

#include <algorithm>
#include <chrono>

#include "base/digest.hpp"
#include "sandbox/api_error.hpp"

namespace checkout::sandbox {
namespace {

constexpr Milliseconds kLifetime = std::chrono::hours(24);
constexpr std::size_t kMaxKey = 255;

std::string digestOf(Form parameters) {
  std::sort(parameters.begin(), parameters.end());
  std::string text;
  for (const auto& [name, value] : parameters) text += percentEncode(name) + "=" + percentEncode(value) + "&";
  return sha256Hex(text);
}

Error unremembered(int status, Json fields) {
  Error error = executionError(status, std::move(fields));
  error.details["remembered"] = false;
  return error;
}

}  // namespace

Result<IdempotencyStore::Ticket> IdempotencyStore::begin(const std::string& key, const HttpRequest& request,
                                                         const Form& parameters, TimePoint now) {
  if (key.size() > kMaxKey) return invalidRequest("An idempotency key has at most 255 characters.");
  auto found = entries_.find(key);
  if (found != entries_.end() && !found->second.inFlight && now - found->second.createdAt >= kLifetime) {
    entries_.erase(found);
    found = entries_.end();
  }
  const std::string digest = digestOf(parameters);
  if (found == entries_.end()) {
    Entry entry;
    entry.method = request.method;
    entry.path = request.path();
    entry.parameters = digest;
    entry.bodyDigest = sha256Hex(request.body);
    entry.createdAt = now;
    entry.uses = 1;
    entries_.emplace(key, std::move(entry));
    return Ticket(Fresh{});
  }

  Entry& entry = found->second;
  const bool same =
      entry.method == request.method && entry.path == request.path() && entry.parameters == digest;
  if (!same) ++entry.mismatches;
  if (!same && (entry.inFlight || entry.remembered)) {
    Json fields = {
        {"type", "idempotency_error"},
        {"message", "The idempotency key '" + key +
                        "' was first used with another endpoint or other parameters. Use a new key for a "
                        "different request."}};
    return unremembered(400, std::move(fields));
  }
  ++entry.uses;
  if (entry.inFlight) {
    Json fields = {
        {"type", "idempotency_error"},
        {"code", "idempotency_key_in_use"},
        {"message", "Another request with the idempotency key '" + key + "' is still in progress."}};
    return unremembered(409, std::move(fields));
  }
  if (entry.remembered) return Ticket(entry.answer);
  // Nothing was kept of the earlier try, so the key is as good as new.
  entry.method = request.method;
  entry.path = request.path();
  entry.parameters = digest;
  entry.bodyDigest = sha256Hex(request.body);
  entry.inFlight = true;
  return Ticket(Fresh{});
}

void IdempotencyStore::finish(const std::string& key, bool remember, Answer answer) {
  Entry& entry = entries_.at(key);
  entry.inFlight = false;
  entry.remembered = remember;
  if (remember) entry.answer = std::move(answer);
}

}  // namespace checkout::sandbox

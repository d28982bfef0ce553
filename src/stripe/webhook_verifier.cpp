#include "stripe/webhook_verifier.hpp"

#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/json_gate.hpp"
#include "base/log.hpp"
#include "stripe/json_fields.hpp"
#include "stripe/object_mapping.hpp"

namespace checkout::stripe {
namespace {

constexpr std::size_t kMaxBody = 256 * 1024;
constexpr std::size_t kMaxHeader = 4 * 1024;
constexpr std::chrono::seconds kTolerance{300};
constexpr JsonLimits kEventLimits{.maxBytes = kMaxBody, .maxString = 64 * 1024};

Error unauthenticated(std::string why) {
  return {ErrorCode::Unauthenticated, std::move(why)};
}
Error invalid(std::string why) {
  return {ErrorCode::ValidationFailed, std::move(why)};
}

struct SignatureHeader {
  std::string_view timestamp;  // as signed
  TimePoint time;
  std::vector<std::string_view> signatures;  // scheme v1 only
};

// "t=1492774577,v1=5257a8…,v1=…,v0=…": schemes other than v1 are not trusted.
std::optional<SignatureHeader> parseHeader(std::string_view text) {
  if (text.size() > kMaxHeader) return std::nullopt;
  SignatureHeader header;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    if (item.starts_with("v1=")) header.signatures.push_back(item.substr(3));
    if (!item.starts_with("t=")) continue;
    if (!header.timestamp.empty()) return std::nullopt;
    header.timestamp = item.substr(2);
  }
  constexpr std::size_t kMaxDigits = 11;  // no overflow in milliseconds
  std::int64_t seconds = 0;
  const char* const end = header.timestamp.data() + header.timestamp.size();
  if (header.timestamp.empty() || header.timestamp.size() > kMaxDigits) return std::nullopt;
  if (const auto read = std::from_chars(header.timestamp.data(), end, seconds);
      read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  header.time = fromUnixSeconds(seconds);
  return header;
}

// Tries every secret with every signature, so that the time taken tells nothing about which one fits.
bool isSigned(const std::vector<Secret>& secrets, const SignatureHeader& header, std::string_view body) {
  const std::string payload = std::string(header.timestamp).append(1, '.').append(body);
  bool fits = false;
  for (const Secret& secret : secrets) {
    if (secret.empty()) continue;  // anybody can sign with an empty key
    const std::string expected = hmacSha256Hex(secret, payload);
    for (const std::string_view signature : header.signatures)
      fits |= constantTimeEquals(expected, signature);
  }
  return fits;
}

// It says that something happened and not to what; an endpoint gets such events if it was set up to.
PaymentEvent thinEvent(const Tenant& tenant, const Json& json) {
  PaymentEvent event;
  event.id = stringAt(json, "id").value_or("");
  event.type = stringAt(json, "type").value_or("");
  event.livemode = booleanAt(json, "livemode").value_or(false);
  event.isForeign = true;
  log::warn("a thin event was ignored: give the endpoint at Stripe the payload style \"snapshot\"",
            {{"tenant", tenant.id.value}, {"event", event.id}, {"type", event.type}});
  return event;
}

class WebhookVerifier final : public PaymentEventVerifier {
 public:
  explicit WebhookVerifier(const Clock& clock) : clock_(clock) {}

  Result<PaymentEvent> verify(const Tenant& tenant, std::string_view rawBody,
                              std::string_view signatureHeader) const override {
    if (rawBody.size() > kMaxBody) return invalid("The body is larger than 256 KiB.");
    const auto header = parseHeader(signatureHeader);
    if (!header)
      return unauthenticated("The Stripe-Signature header is missing or malformed (expected t=…,v1=…).");
    if (!isSigned(tenant.stripe.webhookSecrets, *header, rawBody))
      return unauthenticated("No signature fits the body under one of the tenant's webhook secrets.");
    if (std::chrono::abs(clock_.now() - header->time) > kTolerance)
      return unauthenticated("The signature's timestamp is more than 300 seconds away from now.");

    CHECKOUT_ASSIGN(json, parseUntrustedJson(rawBody, kEventLimits));
    if (stringAt(json, "object") == "v2.core.event") return thinEvent(tenant, json);
    CHECKOUT_ASSIGN(event, eventFromObject(std::move(json)));
    event.isForeign = event.livemode != tenant.stripe.livemode || event.account != tenant.stripe.account;
    return std::move(event);
  }

 private:
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<PaymentEventVerifier> makeWebhookVerifier(const Clock& clock) {
  return std::make_unique<WebhookVerifier>(clock);
}

}  // namespace checkout::stripe

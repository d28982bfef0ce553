#include "stripe/api.hpp"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/read_patience.hpp"
#include "stripe/error_map.hpp"
#include "stripe/json_fields.hpp"
#include "stripe/retry_policy.hpp"

namespace checkout::stripe {
namespace {

// One attempt, reduced to what the retry policy and the verdict look at.
struct Attempt {
  AttemptResult result;
  bool maybeSent = true;
  std::string problem;  // below HTTP
  Json object;          // the answer, or null if it is unreadable
  std::optional<std::string> requestId, date;
};

Attempt toAttempt(HttpExchange exchange) {
  Attempt attempt;
  if (exchange.failure) {
    attempt.result.failure = exchange.failure->kind;
    attempt.maybeSent = exchange.failure->maybeSent;
    attempt.problem = std::move(exchange.failure->message);
    return attempt;
  }
  const HttpResponse& response = *exchange.response;
  attempt.result.status = response.status;
  attempt.requestId = response.headers.get("Request-Id");
  attempt.date = response.headers.get("Date");
  readRetryHeaders(response.headers, attempt.result);
  auto parsed = parseUntrustedJson(response.body, kAnswerLimits);
  attempt.result.unreadable = !parsed.ok() || !parsed->is_object();
  if (!attempt.result.unreadable) attempt.object = std::move(*parsed);
  attempt.result.code = stringAt(member(attempt.object, "error"), "code").value_or("");
  return attempt;
}

bool isSuccess(const Attempt& attempt) {
  return !attempt.result.failure && attempt.result.status >= 200 && attempt.result.status < 300 &&
         !attempt.result.unreadable;
}

// Stripe judged this very request, whatever became of earlier copies of it. Answers that are given before a
// request is looked at (busy, locked, unauthorised) say nothing about a copy that may have got through.
bool isVerdict(const Attempt& attempt) {
  const int status = attempt.result.status;
  return !attempt.result.failure && status >= 400 && status < 500 && status != 401 && status != 403 &&
         status != 409 && status != 429 && member(attempt.object, "error").is_object();
}

// This attempt surely changed nothing, though Stripe did not judge it. A 409 does not count: the same key is
// in use, so a copy is under way.
bool isWithoutEffect(const Attempt& attempt) {
  const int status = attempt.result.status;
  if (attempt.result.failure) return !attempt.maybeSent;
  return (status == 401 || status == 403 || status == 429) && member(attempt.object, "error").is_object();
}

bool isKeyRefused(const Attempt& attempt) {
  return !attempt.result.failure && (attempt.result.status == 401 || attempt.result.status == 403);
}

// A circuit opens where Stripe is out of reach or fails, not where it says no or "not so fast".
bool isAnswered(const Attempt& attempt) {
  if (!attempt.result.failure) return attempt.result.status < 500;
  return attempt.result.failure == HttpFailure::Kind::TooLarge ||
         attempt.result.failure == HttpFailure::Kind::Malformed;
}

bool isRead(const ApiCall& call) {
  return call.method == "GET";
}

// Reads and writes fail apart: a burst of failing payments must not keep look-ups from finding out about
// them.
std::string circuitOf(const Tenant& tenant, const ApiCall& call) {
  return tenant.id.value + (isRead(call) ? " reads" : " writes");
}

// "/v1/checkout/sessions/cs_1?expand[]=…" is a request to the endpoint "/v1/checkout/sessions".
std::string endpointOf(std::string_view target) {
  const bool isNested = target.rfind("/v1/checkout/", 0) == 0;
  std::size_t end = std::string_view("/v1/").size();
  for (int segments = isNested ? 2 : 1; segments > 0 && end < target.size(); --segments)
    end = std::min(target.find_first_of("/?", end + 1), target.size());
  return std::string(target.substr(0, end));
}

// Nothing is sent, so this is no unknown outcome.
ApiAnswer notSent(ErrorCode code, const std::string& why, Milliseconds wait) {
  ApiAnswer answer;
  answer.kind = ApiAnswer::Kind::Refused;
  answer.temporary = true;
  answer.notSent = true;
  answer.error =
      Error(code, why + " Nothing was sent; try again after that.", {{"retryAfterMs", wait.count()}});
  return answer;
}

ApiAnswer circuitOpen(Milliseconds wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return notSent(
      ErrorCode::PaymentServiceError,
      "The payment service has not answered lately and is asked again in " + std::to_string(seconds) + " s.",
      wait);
}

ApiAnswer tooManyRequests(Milliseconds wait) {
  return notSent(ErrorCode::RateLimited,
                 "The shop makes as many requests as the payment service allows it; there is room again in " +
                     std::to_string(wait.count()) + " ms.",
                 wait);
}

Json detailsOf(const Attempt& attempt) {
  Json details = Json::object();
  if (!attempt.result.failure) details["httpStatus"] = attempt.result.status;
  if (attempt.requestId) details["requestId"] = *attempt.requestId;
  return details;
}

Error unknownError(const Attempt& attempt) {
  return Error(ErrorCode::PaymentOutcomeUnknown,
               "The payment service gave no clear answer, so it is not known whether the request took "
               "effect. It is "
               "being looked up; do not pay again.",
               detailsOf(attempt))
      .withNext(NextActionType::Wait, "Wait, then ask for the status of the checkout again.");
}

Error unreachableError(const Attempt& attempt) {
  return {
      ErrorCode::PaymentServiceError,
      "The payment service could not be reached: " + attempt.problem + ". Nothing was sent; try again later.",
      detailsOf(attempt)};
}

Error readError(const Attempt& attempt) {
  return {ErrorCode::PaymentServiceError,
          "The payment service gave no usable answer" +
              (attempt.problem.empty() ? std::string() : ": " + attempt.problem) + ". Try again later.",
          detailsOf(attempt)};
}

// What is known of a call's attempts before the last one.
struct EarlierAttempts {
  bool maybeTookEffect = false, maybeSent = false;
};

bool isMaybeSent(const Attempt& attempt) {
  return !attempt.result.failure || attempt.maybeSent;
}

ApiAnswer conclude(const ApiCall& call, Attempt attempt, const EarlierAttempts& earlier) {
  ApiAnswer answer;
  answer.requestId = attempt.requestId;
  answer.asOf = timePointFromHttpDate(attempt.date.value_or(""));
  if (!attempt.result.failure) answer.status = attempt.result.status;
  if (isSuccess(attempt)) {
    answer.kind = ApiAnswer::Kind::Succeeded;
    answer.isReplay = attempt.result.replayed && !earlier.maybeSent;
    answer.object = std::move(attempt.object);
    return answer;
  }
  const bool withoutEffect = isWithoutEffect(attempt) && !earlier.maybeTookEffect;
  if (!isVerdict(attempt) && !isRead(call) && !withoutEffect) {
    answer.replayedFailure = isReplayedFailure(attempt.result);
    answer.error = unknownError(attempt);
    return answer;
  }
  answer.kind = ApiAnswer::Kind::Refused;
  answer.temporary = withoutEffect && !isKeyRefused(attempt);
  answer.notSent = !earlier.maybeSent && !isMaybeSent(attempt);
  answer.object = member(attempt.object, "error");
  answer.temporary |= isVerdict(attempt) && isTransient(answer.object);
  if (attempt.result.failure && !attempt.maybeSent)
    answer.error = unreachableError(attempt);
  else if (answer.object.is_object())
    answer.error = errorFromStripe(attempt.result.status, answer.object, attempt.requestId);
  else
    answer.error = readError(attempt);
  return answer;
}

double chance() {
  thread_local std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

HttpRequest toRequest(const StripeSettings& settings, const ApiCall& call, OnBehalf onBehalf) {
  HttpRequest request;
  request.method = call.method;
  request.target = call.target;
  request.body = call.body;
  request.headers.add("Authorization", "Bearer " + settings.secretKey.reveal());
  request.headers.add("Stripe-Version", kStripeVersion);
  request.headers.add("User-Agent", "checkout-mcp/" CHECKOUT_VERSION);
  request.headers.add("Accept", "application/json");
  if (settings.account && onBehalf == OnBehalf::OfAccount)
    request.headers.add("Stripe-Account", *settings.account);
  if (call.idempotencyKey) request.headers.add("Idempotency-Key", *call.idempotencyKey);
  if (call.method == "POST") request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  return request;
}

Api::Api(HttpClient& http, const Clock& clock, GatewayOptions options)
    : http_(http),
      clock_(clock),
      options_(std::move(options)),
      breaker_(clock, options_.breaker),
      limiter_(clock) {
  if (!options_.wait) options_.wait = [](Milliseconds time) { std::this_thread::sleep_for(time); };
}

ApiAnswer Api::call(const Tenant& tenant, const ApiCall& call) const {
  if (const auto wait = waitForRoom(tenant, call)) return tooManyRequests(*wait);
  const std::string circuit = circuitOf(tenant, call);
  if (const auto wait = breaker_.enter(circuit)) return circuitOpen(*wait);
  auto health = CircuitBreaker::Health::Unknown;
  ApiAnswer answer = callClosed(tenant, call, health);
  tellOf(breaker_.report(circuit, health), tenant, call);
  return answer;
}

// A payment waits for its turn, for it would only come back; a look-up comes back anyway.
std::optional<Milliseconds> Api::waitForRoom(const Tenant& tenant, const ApiCall& call) const {
  constexpr Milliseconds kLongest{2'000};
  const int perSecond = tenant.stripe.requestsPerSecond;
  if (perSecond == 0) return std::nullopt;
  const std::string key = tenant.id.value + " " + endpointOf(call.target);
  const auto use = isRead(call) ? RateLimiter::Use::Read : RateLimiter::Use::Write;
  auto wait = limiter_.take(key, perSecond, use);
  for (Milliseconds waited{0}; wait && !isRead(call) && waited + *wait <= kLongest;) {
    options_.wait(*wait);
    waited += *wait;
    wait = limiter_.take(key, perSecond, use);
  }
  return wait;
}

void Api::tellOf(CircuitBreaker::Change change, const Tenant& tenant, const ApiCall& call) const {
  if (change == CircuitBreaker::Change::None) return;
  const bool opened = change == CircuitBreaker::Change::Opened;
  const std::string kind = isRead(call) ? "reads" : "writes";
  if (opened)
    log::warn("stripe does not answer and is left alone for a while",
              {{"tenant", tenant.id.value}, {"calls", kind}});
  else
    log::info("stripe answers again", {{"tenant", tenant.id.value}, {"calls", kind}});
  if (options_.metrics == nullptr) return;
  const Metrics::Labels labels = {{"tenant", tenant.id.value}, {"calls", kind}};
  options_.metrics
      ->gauge("checkout_stripe_circuit_open", "1 while Stripe does not answer a tenant and is left alone.",
              labels)
      .set(opened ? 1 : 0);
  if (opened)
    options_.metrics
        ->counter("checkout_stripe_circuit_opened_total", "How often Stripe stopped answering a tenant.",
                  labels)
        .add();
}

ApiAnswer Api::callClosed(const Tenant& tenant, const ApiCall& call, CircuitBreaker::Health& health) const {
  const HttpRequest request = toRequest(tenant.stripe, call);
  const TimePoint start = clock_.now();
  const Milliseconds deadline =
      isRead(call) ? std::min(options_.deadline, ReadPatience::ofThisThread()) : options_.deadline;
  const bool isHurried = deadline < options_.deadline;
  // A clock that is set back must not stretch the deadline of an attempt.
  const auto remaining = [&] { return deadline - std::max(clock_.now() - start, Milliseconds{0}); };

  EarlierAttempts earlier;
  for (int number = 1;; ++number) {
    Attempt attempt = toAttempt(http_.send(tenant.stripe.apiBase, request, remaining()));
    const auto decision = decideRetry(attempt.result, {number, options_.maxAttempts, remaining()}, chance());
    if (!isSuccess(attempt))
      log::write(decision.retry ? log::Level::Info : log::Level::Warn, "stripe call not successful",
                 {{"tenant", tenant.id.value},
                  {"path", request.target},
                  {"attempt", std::to_string(number)},
                  {"status", std::to_string(attempt.result.status)},
                  {"code", attempt.result.code},
                  {"problem",
                   isKeyRefused(attempt) ? messageForLog(member(attempt.object, "error")) : attempt.problem},
                  {"request_id", attempt.requestId.value_or("")},
                  {"retry", decision.retry ? "yes" : "no"},
                  {"reason", std::string(decision.reason)}});
    // A replayed failure says how Stripe was, and a hurried caller who gave up nothing at all.
    if (!isReplayedFailure(attempt.result) && !(isHurried && attempt.result.failure))
      health = isAnswered(attempt) ? CircuitBreaker::Health::Up : CircuitBreaker::Health::Down;
    if (!decision.retry) return conclude(call, std::move(attempt), earlier);
    earlier.maybeTookEffect |= !isVerdict(attempt) && !isWithoutEffect(attempt);
    earlier.maybeSent |= isMaybeSent(attempt);
    options_.wait(decision.wait);
  }
}

}  // namespace checkout::stripe

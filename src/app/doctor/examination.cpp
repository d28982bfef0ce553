#include "app/doctor/examination.hpp"

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/printable.hpp"

namespace checkout::app::doctor {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kAnswerDeadline = 15s;

// Says on stderr, from the first second on and then every five, that an answer is waited for.
class WaitingNotice {
 public:
  explicit WaitingNotice(std::string what)
      : thread_([this, what = std::move(what)](const std::stop_token& answered) { wait(what, answered); }) {}

 private:
  void wait(const std::string& what, const std::stop_token& answered) {
    std::unique_lock lock(mutex_);
    for (auto seconds = 1s;; seconds += 5s) {
      if (changed_.wait_for(lock, answered, seconds == 1s ? 1s : 5s,
                            [&] { return answered.stop_requested(); }))
        return;
      std::cerr << "doctor: waiting for the answer to " + printable(what) + " (" +
                       std::to_string(seconds.count()) + " s)\n"
                << std::flush;
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses the others
};

std::string adviceFor(const HttpFailure& failure) {
  switch (failure.kind) {
    case HttpFailure::Kind::Tls:
      return "Where a proxy with a certificate of its own stands between, name its authority in tls.ca_file; "
             "else "
             "check api_base and this machine's clock.";
    case HttpFailure::Kind::Connect:
      return "Check api_base, DNS, the firewall and the outgoing proxy of this machine; nothing was sent.";
    case HttpFailure::Kind::Timeout:
      return "Check the network between this machine and Stripe, and status.stripe.com; then run doctor "
             "again.";
    case HttpFailure::Kind::Reset:
    case HttpFailure::Kind::TooLarge:
    case HttpFailure::Kind::Malformed:
      break;
  }
  return "Check that api_base names Stripe, and that nothing between changes the traffic.";
}

}  // namespace

stripe::Reply Examination::ask(const stripe::Inquiry& inquiry) const {
  const std::string path = inquiry.target.substr(0, inquiry.target.find('?'));
  const WaitingNotice notice(inquiry.method + " " + stripe().apiBase + path);
  return stripe::inquire(surroundings_.http, stripe(), inquiry, kAnswerDeadline);
}

void Examination::ok(std::string check, std::string found) const {
  surroundings_.tell({Verdict::Ok, std::move(check), std::move(found), ""});
}
void Examination::warn(std::string check, std::string found, std::string advice) const {
  surroundings_.tell({Verdict::Warn, std::move(check), std::move(found), std::move(advice)});
}
void Examination::fail(std::string check, std::string found, std::string advice) const {
  surroundings_.tell({Verdict::Fail, std::move(check), std::move(found), std::move(advice)});
}

std::optional<Json> Examination::objectOf(const std::string& check, const stripe::Reply& reply) const {
  if (reply.succeeded()) return reply.object;
  if (reply.failure)
    fail(check, "Stripe could not be asked at " + stripe().apiBase + ": " + reply.failure->message + ".",
         adviceFor(*reply.failure));
  else if (!reply.object.is_object())
    fail(check,
         "What answers at " + stripe().apiBase + " is not Stripe (status " + std::to_string(reply.status) +
             ").",
         "Set api_base to https://api.stripe.com; if it is, a proxy answers in Stripe's place.");
  else if (reply.status == 429)
    warn(check, "Stripe takes no more requests right now.", "Run doctor again in a minute.");
  else if (reply.status >= 500)
    fail(check, "Stripe has a problem (status " + std::to_string(reply.status) + ").",
         "Look at status.stripe.com, and run doctor again.");
  else
    fail(check, "Stripe refused the question (status " + std::to_string(reply.status) + "). " + quoted(reply),
         "Correct what Stripe names, and run doctor again.");
  return std::nullopt;
}

bool lacksPermission(const stripe::Reply& reply) {
  return !reply.failure && reply.status == 403;
}

std::string quoted(const stripe::Reply& reply) {
  if (reply.message.empty()) return "Stripe gave no reason.";
  return "Stripe: \"" + reply.message + "\"";
}

}  // namespace checkout::app::doctor

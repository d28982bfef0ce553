// Is Stripe reached, do the clocks agree, is the key taken?
#include <array>
#include <cstdlib>

#include "app/doctor/examination.hpp"
#include "app/operate/printable.hpp"
#include "stripe/json_fields.hpp"

namespace checkout::app::doctor {
namespace {

using namespace std::chrono_literals;

// Stripe's signatures of events are taken within five minutes.
constexpr Milliseconds kToleratedSkew = 5min, kNoticeableSkew = 1min;

void checkSkew(const Examination& examination, const std::optional<std::string>& date) {
  const auto theirs = timePointFromHttpDate(date.value_or(""));
  if (!theirs) {
    examination.warn("clock", "The answer has no date to compare this machine's clock with.",
                     "Check by hand that the clock is right (timedatectl).");
    return;
  }
  const Milliseconds ahead = examination.surroundings().clock.now() - *theirs;
  const std::string found = "This machine's clock is " + operate::roughly(std::chrono::abs(ahead)) +
                            (ahead > 0ms ? " ahead of" : " behind") + " Stripe's.";
  if (std::chrono::abs(ahead) > kToleratedSkew)
    examination.fail(
        "clock", found,
        "Set it by NTP (timedatectl set-ntp true): events are refused when their signature is more than "
        "5 minutes off, and payment pages end at the wrong time.");
  else if (std::chrono::abs(ahead) > kNoticeableSkew)
    examination.warn("clock", found, "Set it by NTP (timedatectl set-ntp true) before it is 5 minutes off.");
  else
    examination.ok("clock", "This machine's clock agrees with Stripe's.");
}

std::string kindOf(const StripeSettings& stripe) {
  const bool isRestricted = stripe.secretKey.startsWith("rk_");
  return std::string(isRestricted ? "a restricted key" : "a secret key, which may do anything") + ", " +
         (stripe.livemode ? "live mode" : "test mode");
}

}  // namespace

bool checkConnection(const Examination& examination) {
  const StripeSettings& stripe = examination.stripe();
  const auto reply = examination.ask({.target = "/v1/balance", .asPlatform = true});
  if (reply.failure || !reply.object.is_object()) {
    (void)examination.objectOf("connection", reply);
    return false;
  }
  examination.ok("connection", stripe.apiBase.starts_with("https://")
                                   ? "Stripe answers, and its certificate is trusted."
                                   : "Stripe answers over plain HTTP, on this machine.");
  checkSkew(examination, reply.date);
  if (reply.status == 401) {
    examination.fail(
        "key", "Stripe does not accept the key. " + quoted(reply),
        "Create a key in the dashboard (Developers → API keys) of the account and mode that this shop "
        "uses, put it where stripe.secret_key points, and restart the server.");
    return false;
  }
  if (reply.status != 200 && !lacksPermission(reply)) {
    (void)examination.objectOf("key", reply);
    return false;
  }
  const auto livemode = stripe::booleanAt(reply.object, "livemode");
  if (reply.succeeded() && livemode && *livemode != stripe.livemode) {
    examination.fail("key",
                     std::string("The key's prefix says ") + (stripe.livemode ? "live mode" : "test mode") +
                         ", but the account answers in " + (*livemode ? "live mode." : "test mode."),
                     "Check that api_base names Stripe itself, and that the key is pasted whole.");
    return false;
  }
  examination.ok("key", "Stripe accepts it: " + kindOf(stripe) + ".");
  return true;
}

}  // namespace checkout::app::doctor

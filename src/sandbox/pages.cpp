#include "sandbox/pages.hpp"

#include <charconv>

#include "sandbox/hosted.hpp"
#include "sandbox/html.hpp"
#include "sandbox/payment_form.hpp"
#include "sandbox/sessions.hpp"

namespace checkout::sandbox {
namespace {

constexpr std::string_view kPay = "/pay/", kAuthenticate = "/pay/authenticate/";

HttpResponse notFound() {
  return htmlPage(404, "Not found", noticeHtml("Nothing here", "This payment page does not exist.", "", ""));
}

HttpResponse showForm(int status, const Session& session, const PaymentForm& form) {
  return htmlPage(status, "Pay", paymentPageHtml(session, form));
}

HttpResponse showClosed(const Session& session) {
  if (session.object["status"] == "complete")
    return htmlPage(200, "Paid",
                    noticeHtml("You're all done here", "This order has been paid. You can close this page.",
                               successUrl(session), "Back to the shop"));
  const Json& cancelUrl = session.object["cancel_url"];
  return htmlPage(
      410, "Expired",
      noticeHtml("This payment page has expired", "Nothing was charged. Go back to the shop to start again.",
                 cancelUrl.is_string() ? cancelUrl.get<std::string>() : "", "Back to the shop"));
}

// Where the customer goes after an attempt; a declined one stays on the page.
HttpResponse afterAttempt(World& world, Session& session, Intent& intent, Outcome outcome, PaymentForm form) {
  switch (outcome) {
    case Outcome::Succeeded:
    case Outcome::Processing:
      return seeOther(successUrl(session));
    case Outcome::RequiresAction:
      return seeOther(world.publicUrl + std::string(kAuthenticate) + intent.id);
    case Outcome::Declined:
      break;
  }
  showDecline(form, intent.object["last_payment_error"]);
  return showForm(402, session, form);
}

void readShipping(Session& session, const PaymentForm& form) {
  const std::string text = form.value(field::kShipping);
  std::size_t position = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (problem == std::errc{} && end == text.data() + text.size()) chooseShipping(session, position);
}

HttpResponse sessionPage(World& world, const HttpRequest& request, const std::string& id) {
  const FoundSession found = findSession(world, id);
  if (found.session == nullptr) return notFound();
  Session& session = *found.session;
  if (!isOpen(session)) return showClosed(session);
  if (request.method == "GET") {
    PaymentForm form = emptyForm(session);
    if (session.object["payment_intent"].is_string()) {
      const Intent& intent = intentOfSession(world, *found.account, session);
      if (!intent.object["last_payment_error"].is_null())
        showDecline(form, intent.object["last_payment_error"]);
    }
    return showForm(200, session, form);
  }
  PaymentForm form = readForm(session, request.body, world.now());
  readShipping(session, form);
  if (!form.errors.empty()) return showForm(422, session, form);
  const Outcome outcome = paySession(world, found, form.payment);
  Intent& intent = intentOfSession(world, *found.account, session);
  return afterAttempt(world, session, intent, outcome, std::move(form));
}

std::string withRedirectStatus(const Intent& intent, bool succeeded) {
  const std::string& url = intent.returnUrl;
  return url + (url.find('?') == std::string::npos ? "?" : "&") + "payment_intent=" + intent.id +
         "&payment_intent_client_secret=" + intent.object["client_secret"].get<std::string>() +
         "&redirect_status=" + (succeeded ? "succeeded" : "failed");
}

HttpResponse challengePage(World& world, const HttpRequest& request, const std::string& id) {
  const FoundIntent found = findIntent(world, id);
  if (found.intent == nullptr) return notFound();
  Intent& intent = *found.intent;
  Session* session = found.account->sessions.find(intent.sessionId);
  if (intent.object["status"] != "requires_action") {
    if (session != nullptr) return isOpen(*session) ? seeOther("/pay/" + session->id) : showClosed(*session);
    return htmlPage(200, "Done",
                    noticeHtml("Nothing to confirm", "This payment waits for no confirmation.", "", ""));
  }
  if (request.method == "GET") return htmlPage(200, "Confirm your payment", challengeHtml(intent));

  const std::string answer = fieldOf(parseForm(request.body), "outcome").value_or("");
  if (answer != "accept" && answer != "refuse")
    return htmlPage(422, "Confirm your payment", challengeHtml(intent));
  const Outcome outcome = answerChallenge(world, *found.account, intent, answer == "accept");
  const bool succeeded = outcome == Outcome::Succeeded;
  if (session != nullptr) return seeOther(succeeded ? successUrl(*session) : "/pay/" + session->id);
  if (!intent.returnUrl.empty()) return seeOther(withRedirectStatus(intent, succeeded));
  return htmlPage(200, succeeded ? "Confirmed" : "Not confirmed",
                  noticeHtml(succeeded ? "Payment confirmed" : "Payment not confirmed",
                             "You can close this page.", "", ""));
}

}  // namespace

HttpResponse outOfService(int status) {
  return htmlPage(
      status, "Out of service",
      noticeHtml("Something went wrong", "The payment page is not available right now. Try again.", "", ""));
}

HttpResponse servePage(World& world, const HttpRequest& request) {
  const std::string_view path = request.path();
  const bool known = path.substr(0, kPay.size()) == kPay;
  if (!known) return notFound();
  if (request.method != "GET" && request.method != "POST") {
    HttpResponse refused =
        htmlPage(405, "Not allowed", noticeHtml("Not allowed", "This page is for reading.", "", ""));
    refused.headers.set("Allow", "GET, POST");
    return refused;
  }
  if (path.substr(0, kAuthenticate.size()) == kAuthenticate)
    return challengePage(world, request, std::string(path.substr(kAuthenticate.size())));
  return sessionPage(world, request, std::string(path.substr(kPay.size())));
}

}  // namespace checkout::sandbox

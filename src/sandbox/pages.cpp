#include "sandbox/pages.hpp"

#include <charconv>

#include "sandbox/coupons.hpp"
#include "sandbox/currency.hpp"
#include "sandbox/hosted.hpp"
#include "sandbox/html.hpp"
#include "sandbox/parameters.hpp"
#include "sandbox/payment_form.hpp"
#include "sandbox/sessions.hpp"

namespace checkout::sandbox {
namespace {

constexpr std::string_view kPay = "/pay/", kAuthenticate = "/pay/authenticate/";

HttpResponse notFound() {
  return htmlPage(404, "Not found", noticeHtml("Nothing here", "This payment page does not exist.", "", ""));
}

// Errors are announced by the page's title as well.
HttpResponse showPage(int status, const FoundSession& found, const PageState& state) {
  const bool failed =
      !state.payment.errors.empty() || !state.address.errors.empty() || !state.promotion.errors.empty();
  return htmlPage(status, failed ? "Please check – Pay" : "Pay",
                  paymentPageHtml(*found.account, *found.session, state));
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

// The page as it is opened, with what went wrong at the last try.
PageState freshPage(const FoundSession& found) {
  PageState state;
  state.payment = emptyForm(*found.session);
  state.address = knownAddress(*found.session);
  const Json& intentId = found.session->object["payment_intent"];
  if (!intentId.is_string()) return state;
  const Intent& intent = *found.account->intents.find(intentId.get<std::string>());
  const Json& error = intent.object["last_payment_error"];
  if (error.is_null()) return state;
  if (objectOr(error, "payment_method").value("type", "card") == "sepa_debit")
    state.payment.method = "sepa_debit";
  showDecline(state.payment, error);
  return state;
}

HttpResponse backToPage(const Session& session) {
  return seeOther("/pay/" + session.id);
}

HttpResponse chooseShippingOnPage(const FoundSession& found, const HttpRequest& request) {
  const std::string text = fieldOf(parseForm(request.body), field::kShipping).value_or("");
  std::size_t position = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (problem == std::errc{} && end == text.data() + text.size())
    chooseShipping(*found.account, *found.session, position);
  return backToPage(*found.session);
}

HttpResponse changePromotion(const FoundSession& found, const HttpRequest& request) {
  Session& session = *found.session;
  const Form given = parseForm(request.body);
  if (session.object["allow_promotion_codes"] != true) return backToPage(session);
  if (fieldOf(given, field::kRemovePromotion)) {
    dropDiscount(*found.account, session);
    return backToPage(session);
  }
  std::string code = fieldOf(given, field::kPromotionCode).value_or("");
  std::erase(code, ' ');
  const auto entered = enterPromotionCode(*found.account, session, code);
  if (entered.ok()) return backToPage(session);
  PageState state = freshPage(found);
  state.promotion.values = given;
  state.promotion.errors[field::kPromotionCode] =
      code.empty() ? "Enter a code, or pay without one." : entered.error().message;
  return showPage(422, found, state);
}

HttpResponse changeAddress(const FoundSession& found, const HttpRequest& request) {
  PageState state = freshPage(found);
  state.address = readAddress(*found.session, request.body);
  state.editsAddress = true;
  if (!state.address.errors.empty()) return showPage(422, found, state);
  giveAddress(*found.account, *found.session, state.address.value(field::kAddressName),
              state.address.address);
  return backToPage(*found.session);
}

HttpResponse payOnPage(World& world, const FoundSession& found, const HttpRequest& request) {
  Session& session = *found.session;
  PageState state = freshPage(found);
  if (needsAddress(session)) return showPage(409, found, state);
  state.payment = readForm(session, request.body, world.now());
  const std::int64_t total = session.object["amount_total"];
  const std::string seen = state.payment.value(field::kSeenTotal);
  if (!seen.empty() && seen != std::to_string(total)) {
    state.payment.errors.clear();
    state.notice = "The total has changed to " +
                   formatAmount(total, session.object["currency"].get<std::string>()) +
                   ". Nothing was charged. Check it, then pay.";
    return showPage(409, found, state);
  }
  if (!state.payment.errors.empty()) return showPage(422, found, state);
  if (total == 0) {
    completeForFree(world, *found.account, session, state.payment.payment.billing);
    return seeOther(successUrl(session));
  }
  const Outcome outcome = paySession(world, found, state.payment.payment);
  const Intent& intent = intentOfSession(world, *found.account, session);
  if (hasEnded(outcome)) return seeOther(successUrl(session));
  if (outcome == Outcome::RequiresAction)
    return seeOther(world.publicUrl + std::string(kAuthenticate) + intent.id);
  showDecline(state.payment, intent.object["last_payment_error"]);
  return showPage(402, found, state);
}

// `path` is what follows /pay/: the session's id, and what the customer does there.
HttpResponse sessionPage(World& world, const HttpRequest& request, std::string_view path) {
  const auto slash = path.find('/');
  const std::string_view action = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  const FoundSession found = findSession(world, std::string(path.substr(0, slash)));
  if (found.session == nullptr) return notFound();
  Session& session = *found.session;
  const bool posted = request.method == "POST";
  // Sent twice, a payment that succeeded leads to where it leads once.
  if (posted && session.object["status"] == "complete") return seeOther(successUrl(session));
  if (!isOpen(session)) return showClosed(session);
  if (action.empty() && posted) return payOnPage(world, found, request);
  if (action.empty()) {
    PageState state = freshPage(found);
    state.editsAddress = request.query() == "edit=address" && takesAddress(session);
    return showPage(200, found, state);
  }
  if (!posted) return notFound();
  abandonChallenge(found);
  if (action == "/shipping") return chooseShippingOnPage(found, request);
  if (action == "/promotion") return changePromotion(found, request);
  if (action == "/address" && takesAddress(session)) return changeAddress(found, request);
  return notFound();
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
  const std::string amount =
      formatAmount(intent.object["amount"], intent.object["currency"].get<std::string>());
  if (request.method == "GET") return htmlPage(200, "Confirm your payment", challengeHtml(intent, amount));

  const std::string answer = fieldOf(parseForm(request.body), "outcome").value_or("");
  if (answer != "accept" && answer != "refuse")
    return htmlPage(422, "Confirm your payment", challengeHtml(intent, amount));
  const Outcome outcome = answerChallenge(world, *found.account, intent, answer == "accept");
  const bool succeeded = hasEnded(outcome);
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
  return sessionPage(world, request, path.substr(kPay.size()));
}

}  // namespace checkout::sandbox

#include "sandbox/api.hpp"

#include <algorithm>

#include "sandbox/lists.hpp"
#include "sandbox/merchant.hpp"
#include "sandbox/routes.hpp"

namespace checkout::sandbox {
namespace {

std::string decodeBase64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) break;
    buffer = ((buffer << 6) | static_cast<unsigned>(value)) & 0xFFFFFF;
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>((buffer >> (bits -= 8)) & 0xFF);
  }
  return bytes;
}

Error unauthorized(const std::string& message) {
  return invalidRequest(message, {}, {}, 401);
}

Result<std::string> secretKeyOf(const HttpRequest& request) {
  const std::string header = request.headers.get("Authorization").value_or("");
  std::string key;
  if (header.rfind("Bearer ", 0) == 0) key = header.substr(7);
  if (header.rfind("Basic ", 0) == 0) {
    key = decodeBase64(std::string_view(header).substr(6));
    key = key.substr(0, key.find(':'));
  }
  if (key.empty())
    return unauthorized(
        "You did not provide an API key. Send it in the Authorization header, as a Bearer token or as the "
        "user "
        "name of Basic authentication: 'Authorization: Bearer sk_test_…'.");
  const std::string shown = key.substr(0, 8) + std::string(key.size() > 12 ? key.size() - 12 : 0, '*') +
                            (key.size() > 12 ? key.substr(key.size() - 4) : "");
  const bool isTest = key.rfind("sk_test_", 0) == 0 || key.rfind("rk_test_", 0) == 0;
  const bool isPlain = std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  if (key.rfind("pk_", 0) == 0)
    return invalidRequest(
        "This API call cannot be made with a publishable API key. Please use a secret API key.", {},
        "secret_key_required", 403);
  if (key.rfind("sk_live_", 0) == 0 || key.rfind("rk_live_", 0) == 0)
    return unauthorized("This is a simulator: it refuses live keys. Take a test key (sk_test_…).");
  if (!isTest || !isPlain || key.size() == 8) return unauthorized("Invalid API Key provided: " + shown);
  return key;
}

HttpResponse errorResponse(const Error& error) {
  HttpResponse response = jsonResponse(statusOf(error), wireError(error));
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Bearer realm=\"Stripe\"");
  return response;
}

// Every answer says which request it belongs to and which API version it speaks.
HttpResponse stamped(HttpResponse response, const std::string& requestId, const std::string& idempotencyKey) {
  response.headers.set("Request-Id", requestId);
  response.headers.set("Stripe-Version", kApiVersion);
  if (!idempotencyKey.empty()) {
    response.headers.set("Idempotency-Key", idempotencyKey);
    if (!response.headers.get("Original-Request")) response.headers.set("Original-Request", requestId);
  }
  return response;
}

HttpResponse faultResponse(const Fault& fault) {
  const bool limited = fault.status == 429;
  Json error = {{"type", limited ? "rate_limit_error" : "api_error"},
                {"message", limited ? "Too many requests in too short a time. Wait before the next one."
                                    : "An error occurred while processing your request."}};
  if (limited) error["code"] = "rate_limit";
  HttpResponse response = jsonResponse(fault.status, {{"error", std::move(error)}});
  if (fault.body) response.body = *fault.body;
  if (limited) response.headers.set("Retry-After", "1");
  for (const auto& [name, value] : fault.headers.fields()) response.headers.set(name, value);
  return response;
}

Result<void> checkContentType(const HttpRequest& request) {
  const std::string type = request.headers.get("Content-Type").value_or("");
  if (request.body.empty() || type.empty() || type.rfind("application/x-www-form-urlencoded", 0) == 0)
    return {};
  return invalidRequest("Request bodies are application/x-www-form-urlencoded; this one is " + type + ".");
}

Result<AdmittedRequest> prepare(World& world, const HttpRequest& request) {
  AdmittedRequest admitted;
  CHECKOUT_ASSIGN(key, secretKeyOf(request));
  admitted.account = &world.account(key, request.headers.get("Stripe-Account").value_or(""));
  const std::string version = request.headers.get("Stripe-Version").value_or(kApiVersion);
  if (version != kApiVersion)
    return invalidRequest("Invalid Stripe API version: " + version + ". This simulator speaks " +
                          kApiVersion + ".");
  const auto match = findRoute(request.method, request.path());
  if (!match)
    return invalidRequest(
        "Unrecognized request URL (" + request.method + ": " + std::string(request.path()) + ").", {}, {},
        404);
  const auto restricted = world.restrictedKeys.find(key);
  CHECKOUT_TRY(checkAccess(*admitted.account,
                           restricted == world.restrictedKeys.end() ? nullptr : &restricted->second,
                           request.method, request.path()));
  admitted.route = match->route;
  admitted.pathId = match->id;
  CHECKOUT_TRY(checkContentType(request));
  admitted.form = parseForm(request.query());
  Form body = parseForm(request.body);
  std::move(body.begin(), body.end(), std::back_inserter(admitted.form));
  return admitted;
}

Result<Json> run(World& world, const AdmittedRequest& admitted) {
  const Route& route = *admitted.route;
  CHECKOUT_ASSIGN(parameters, readParameters(admitted.form, route.parameters, route.isList));
  Call call{world, *admitted.account, std::move(parameters), admitted.pathId};
  CHECKOUT_ASSIGN(answer, route.endpoint(call));
  CHECKOUT_TRY(expand(*admitted.account, answer, call.parameters));
  return answer;
}

void finishKey(const AdmittedRequest& admitted, bool remember, const HttpResponse& response) {
  if (!admitted.idempotencyKey.empty())
    admitted.account->idempotency.finish(admitted.idempotencyKey, remember,
                                         {response.status, response.body, admitted.requestId});
}

}  // namespace

HttpResponse jsonResponse(int status, const Json& body) {
  HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-cache, no-store");
  response.body = body.dump(2, ' ', false, Json::error_handler_t::replace);
  return response;
}

std::variant<AdmittedRequest, HttpResponse> admit(World& world, const HttpRequest& request) {
  const std::string requestId = newId("req");
  auto prepared = prepare(world, request);
  if (!prepared.ok()) return stamped(errorResponse(prepared.error()), requestId, "");
  AdmittedRequest& admitted = *prepared;
  admitted.requestId = requestId;
  const std::string key = request.headers.get("Idempotency-Key").value_or("");
  if (request.method != "POST" || key.empty()) return std::move(admitted);

  auto ticket = admitted.account->idempotency.begin(key, request, admitted.form, world.now());
  if (!ticket.ok()) {
    HttpResponse refused = errorResponse(ticket.error());
    if (refused.status == 409) refused.headers.set("Stripe-Should-Retry", "true");
    return stamped(std::move(refused), requestId, key);
  }
  if (const auto* stored = std::get_if<IdempotencyStore::Answer>(&*ticket)) {
    HttpResponse replayed = jsonResponse(stored->status, nullptr);
    replayed.body = stored->body;
    replayed.headers.set("Idempotent-Replayed", "true");
    replayed.headers.set("Original-Request", stored->requestId);
    return stamped(std::move(replayed), requestId, key);
  }
  admitted.idempotencyKey = key;
  return std::move(admitted);
}

HttpResponse execute(World& world, const AdmittedRequest& admitted, const std::optional<Fault>& instead) {
  world.causeRequestId = admitted.requestId;
  if (!admitted.idempotencyKey.empty()) world.causeIdempotencyKey = admitted.idempotencyKey;
  const auto answer = run(world, admitted);
  world.causeRequestId.reset();
  world.causeIdempotencyKey.reset();

  HttpResponse response = answer.ok() ? jsonResponse(200, *answer) : errorResponse(answer.error());
  const bool executed = answer.ok() || isRemembered(answer.error());
  if (instead && executed) {
    HttpResponse lie = faultResponse(*instead);
    finishKey(admitted, true, instead->remembered ? lie : response);
    return stamped(std::move(lie), admitted.requestId, admitted.idempotencyKey);
  }
  finishKey(admitted, executed, response);
  return stamped(std::move(response), admitted.requestId, admitted.idempotencyKey);
}

HttpResponse skip(AdmittedRequest& admitted, const Fault& fault) {
  const HttpResponse response = faultResponse(fault);
  finishKey(admitted, fault.remembered, response);
  return stamped(response, admitted.requestId, admitted.idempotencyKey);
}

void abandon(AdmittedRequest& admitted) {
  finishKey(admitted, false, {});
}

}  // namespace checkout::sandbox

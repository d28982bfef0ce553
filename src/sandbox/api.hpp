// /v1: routes, authentication, and the shape of answers.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "sandbox/call.hpp"
#include "sandbox/form.hpp"

namespace checkout::sandbox {

struct Route;

// A request that is ready to be executed. Between admit() and execute() the simulator's mutex may be
// released: the idempotency key is marked as in use meanwhile.
struct AdmittedRequest {
  const Route* route = nullptr;
  Account* account = nullptr;
  Form form;
  std::string pathId;
  std::string requestId;       // req_…
  std::string idempotencyKey;  // empty: none
};

// Authenticates, finds the route and claims the idempotency key; or answers at once.
std::variant<AdmittedRequest, HttpResponse> admit(World& world, const HttpRequest& request);
// Runs the endpoint and remembers the answer under the key. `instead` replaces the answer that the caller and
// the key get, where a fault wants the effect to happen but not to be told.
HttpResponse execute(World& world, const AdmittedRequest& admitted, const std::optional<Fault>& instead);
// Answers without running the endpoint.
HttpResponse skip(AdmittedRequest& admitted, const Fault& fault);

// Gives the key back without an answer: the connection broke before anything happened.
void abandon(AdmittedRequest& admitted);

HttpResponse jsonResponse(int status, const Json& body);

}  // namespace checkout::sandbox

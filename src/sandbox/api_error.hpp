// Failures in the shape of Stripe's error objects. They travel as the Error of a Result; its details hold the
// HTTP status, the wire object, and whether an idempotency key remembers the failure.
#pragma once

#include <string>

#include <checkout/http.hpp>
#include <checkout/result.hpp>

namespace checkout::sandbox {

// What the request itself got wrong: answered before anything is executed, so no idempotency key keeps it.
// An empty `param` or `code` is left out.
Error invalidRequest(std::string message, std::string param = {}, std::string code = {}, int status = 400);
Error missingParameter(const std::string& param);
// resource_missing. Only what the path names is 404; an unknown object in a parameter makes a bad request.
Error noSuch(const std::string& what, const std::string& id, std::string param = "id");
Error noSuchIn(std::string param, const std::string& what, const std::string& id);

// A refusal that came out of execution (a wrong state, a declined card): kept under the idempotency key.
// `fields` are members of the wire object: type, code, message …
Error executionError(int status, Json fields);

int statusOf(const Error& error);
bool isRemembered(const Error& error);
Json wireError(const Error& error);  // {"error": {…}}

std::string docUrl(const std::string& code);

}  // namespace checkout::sandbox

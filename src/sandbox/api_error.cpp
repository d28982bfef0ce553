#include "sandbox/api_error.hpp"

#include <algorithm>

namespace checkout::sandbox {
namespace {

Error carry(int status, bool remembered, Json fields) {
  if (fields.contains("code")) fields["doc_url"] = docUrl(fields["code"].get<std::string>());
  std::string message = fields.value("message", "");
  Json details = {{"status", status}, {"remembered", remembered}, {"error", std::move(fields)}};
  return Error(ErrorCode::ValidationFailed, std::move(message), std::move(details));
}

}  // namespace

std::string docUrl(const std::string& code) {
  std::string page = code;
  std::replace(page.begin(), page.end(), '_', '-');
  return "https://docs.stripe.com/error-codes#" + page;
}

Error invalidRequest(std::string message, std::string param, std::string code, int status) {
  Json fields = {{"type", "invalid_request_error"}, {"message", std::move(message)}};
  if (!code.empty()) fields["code"] = std::move(code);
  if (!param.empty()) fields["param"] = std::move(param);
  return carry(status, false, std::move(fields));
}

Error missingParameter(const std::string& param) {
  return invalidRequest("Missing required param: " + param + ".", param, "parameter_missing");
}

Error noSuch(const std::string& what, const std::string& id, std::string param) {
  return invalidRequest("No such " + what + ": '" + id + "'", std::move(param), "resource_missing", 404);
}

Error noSuchIn(std::string param, const std::string& what, const std::string& id) {
  return invalidRequest("No such " + what + ": '" + id + "'", std::move(param), "resource_missing", 400);
}

Error executionError(int status, Json fields) {
  return carry(status, true, std::move(fields));
}

int statusOf(const Error& error) {
  return error.details.value("status", 500);
}

bool isRemembered(const Error& error) {
  return error.details.value("remembered", false);
}

Json wireError(const Error& error) {
  return {{"error", error.details.at("error")}};
}

}  // namespace checkout::sandbox

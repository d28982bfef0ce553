#include "sandbox/faults.hpp"

#include <algorithm>

#include "base/enum_names.hpp"
#include "sandbox/api_error.hpp"

namespace checkout::sandbox {
namespace {

constexpr EnumNames<FaultKind, 12> kKinds = {{
    {FaultKind::Latency, "latency"},
    {FaultKind::LatencyAfter, "latency_after"},
    {FaultKind::StatusBefore, "status_before"},
    {FaultKind::StatusAfter, "status_after"},
    {FaultKind::ResetBefore, "reset_before"},
    {FaultKind::ResetAfter, "reset_after"},
    {FaultKind::Truncate, "truncate"},
    {FaultKind::RateLimit, "rate_limit"},
    {FaultKind::Duplicate, "duplicate"},
    {FaultKind::Drop, "drop"},
    {FaultKind::Delay, "delay"},
    {FaultKind::Reorder, "reorder"},
}};

constexpr std::string_view kMembers[] = {"match", "kind", "status",  "latency_ms", "probability", "seed",
                                         "times", "body", "headers", "remembered", "retry_after"};
constexpr std::int64_t kReorderWindow = 2000;  // ms

bool isWebhookFault(FaultKind kind) {
  return kind >= FaultKind::Duplicate;
}

Error badRule(const std::string& message) {
  return invalidRequest("Fault rule: " + message);
}

bool contains(std::span<const std::string_view> names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Answers of the machinery in front of Stripe's endpoints (429, 502 …) leave no trace under the key; a 500
// comes from the endpoint itself and does.
bool isRememberedByDefault(int status) {
  return status == 500;
}

}  // namespace

Result<FaultRules::Rule> FaultRules::parse(const Json& given) {
  if (!given.is_object()) return badRule("expected an object.");
  for (const auto& [name, value] : given.items())
    if (!contains(kMembers, name)) return badRule("unknown member '" + name + "'.");
  Rule rule;
  rule.given = given;
  try {
    const auto kind = valueOf(kKinds, given.at("kind").get<std::string>());
    if (!kind) return badRule("unknown kind.");
    rule.fault.kind = *kind;
    rule.fault.status = given.value("status", *kind == FaultKind::RateLimit ? 429 : 500);
    rule.fault.latency =
        Milliseconds(given.value("latency_ms", *kind == FaultKind::Reorder ? kReorderWindow : 0));
    rule.fault.remembered = given.value("remembered", isRememberedByDefault(rule.fault.status));
    rule.probability = given.value("probability", 1.0);
    rule.times = given.value("times", std::int64_t{-1});
    rule.random.seed(given.value("seed", std::uint64_t{1}));
    if (given.contains("body")) rule.fault.body = given["body"].get<std::string>();
    const Json headers = given.value("headers", Json::object());
    for (const auto& [name, value] : headers.items()) rule.fault.headers.add(name, value.get<std::string>());
    if (given.contains("retry_after"))
      rule.fault.headers.set("Retry-After", std::to_string(given["retry_after"].get<int>()));
    const Json match = given.value("match", Json::object());
    rule.method = match.value("method", "");
    rule.pathPrefix = match.value("path_prefix", "");
    rule.eventType = match.value("type", "");
  } catch (const Json::exception& problem) {
    return badRule(problem.what());
  }
  if (rule.fault.status < 200 || rule.fault.status > 599)
    return badRule("status is a number from 200 to 599.");
  if (rule.fault.latency < Milliseconds(0)) return badRule("latency_ms is not negative.");
  return rule;
}

Result<void> FaultRules::add(const Json& rules) {
  std::deque<Rule> parsed;
  const Json list = rules.is_array() ? rules : Json::array({rules});
  for (const Json& given : list) {
    CHECKOUT_ASSIGN(rule, parse(given));
    parsed.push_back(std::move(rule));
  }
  std::move(parsed.begin(), parsed.end(), std::back_inserter(rules_));
  return {};
}

Json FaultRules::describe() const {
  Json list = Json::array();
  for (const Rule& rule : rules_) {
    Json entry = rule.given;
    entry["strikes"] = rule.strikes;
    list.push_back(std::move(entry));
  }
  return list;
}

bool FaultRules::strikes(Rule& rule) {
  if (rule.times >= 0 && rule.strikes >= rule.times) return false;
  if (std::uniform_real_distribution<double>(0, 1)(rule.random) >= rule.probability) return false;
  ++rule.strikes;
  return true;
}

std::vector<Fault> FaultRules::strikeRequest(std::string_view method, std::string_view path) {
  std::vector<Fault> struck;
  for (Rule& rule : rules_) {
    const std::string_view prefix = rule.pathPrefix.empty() ? "/v1/" : std::string_view(rule.pathPrefix);
    if (isWebhookFault(rule.fault.kind) || path.substr(0, prefix.size()) != prefix) continue;
    if (!rule.method.empty() && rule.method != method) continue;
    const auto sameKind = [&](const Fault& fault) { return fault.kind == rule.fault.kind; };
    if (std::none_of(struck.begin(), struck.end(), sameKind) && strikes(rule)) struck.push_back(rule.fault);
  }
  return struck;
}

std::vector<Fault> FaultRules::strikeEvent(std::string_view type) {
  std::vector<Fault> struck;
  for (Rule& rule : rules_) {
    if (!isWebhookFault(rule.fault.kind) || type.substr(0, rule.eventType.size()) != rule.eventType) continue;
    if (strikes(rule)) struck.push_back(rule.fault);
  }
  return struck;
}

}  // namespace checkout::sandbox

#include "app/doctor/report.hpp"

#include <algorithm>
#include <ostream>

#include "base/printable.hpp"

namespace checkout::app::doctor {
namespace {

const char* nameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::Warn:
      return "warn";
    case Verdict::Fail:
      return "fail";
    case Verdict::Ok:
      break;
  }
  return "ok";
}

std::string modeOf(const StripeSettings& stripe) {
  if (stripe.sandbox) return "sandbox";
  return stripe.livemode ? "LIVE MODE" : "test mode";
}

std::string padded(std::string text, std::size_t width) {
  text.append(width - std::min(width, text.size()), ' ');
  return text;
}

std::string counted(int count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace

void Report::begin(const Tenant& tenant) {
  const std::string mode = modeOf(tenant.stripe);
  if (format_ == Format::Text)
    out_ << printable(tenant.id.value) << "  \"" << printable(tenant.name) << "\"  "
         << (tenant.stripe.sandbox ? "" : tenant.stripe.apiBase + "  ") << mode << std::endl;
  tenants_.push_back({{"tenant", tenant.id.value},
                      {"apiBase", tenant.stripe.sandbox ? "sandbox:" : tenant.stripe.apiBase},
                      {"mode", tenant.stripe.sandbox    ? "sandbox"
                               : tenant.stripe.livemode ? "live"
                                                        : "test"},
                      {"checks", Json::array()}});
}

void Report::add(const Finding& finding) {
  (finding.verdict == Verdict::Ok ? passed_ : finding.verdict == Verdict::Warn ? warnings_ : failures_)++;
  if (format_ == Format::Text) {
    std::string line = "  " + padded(nameOf(finding.verdict), 6) + padded(finding.check, 13) + finding.found;
    if (!finding.advice.empty()) line.append(" → ").append(finding.advice);
    out_ << printable(line) << std::endl;
    return;
  }
  Json check = {{"check", finding.check}, {"result", nameOf(finding.verdict)}, {"found", finding.found}};
  if (!finding.advice.empty()) check["advice"] = finding.advice;
  tenants_.back()["checks"].push_back(std::move(check));
}

void Report::finish() {
  if (format_ == Format::Json) {
    const Json report = {
        {"tenants", tenants_}, {"passed", passed_}, {"warnings", warnings_}, {"failures", failures_}};
    out_ << report.dump(2, ' ', false, Json::error_handler_t::replace) << std::endl;
    return;
  }
  out_ << passed_ << " ok, " << counted(warnings_, "warning", "warnings") << ", "
       << counted(failures_, "failure", "failures") << std::endl;
}

}  // namespace checkout::app::doctor

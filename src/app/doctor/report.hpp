// The findings on stdout: a line a check as they come, or one JSON object at the end.
#pragma once

#include <iosfwd>

#include <checkout/json.hpp>
#include <checkout/tenant.hpp>

#include "app/doctor/finding.hpp"

namespace checkout::app::doctor {

enum class Format { Text, Json };

// `out` must outlive it.
class Report {
 public:
  Report(std::ostream& out, Format format) : out_(out), format_(format) {}

  void begin(const Tenant& tenant);  // the findings that follow are about this tenant
  void add(const Finding& finding);
  void finish();
  bool hasFailed() const { return failures_ > 0; }

 private:
  std::ostream& out_;
  const Format format_;
  Json tenants_ = Json::array();
  int passed_ = 0, warnings_ = 0, failures_ = 0;
};

}  // namespace checkout::app::doctor

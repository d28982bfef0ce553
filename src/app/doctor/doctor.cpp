#include "app/doctor/doctor.hpp"

#include "app/doctor/examination.hpp"
#include "stripe/http_client.hpp"

namespace checkout::app::doctor {
namespace {

void examineTenant(const Examination& examination) {
  if (examination.stripe().sandbox)
    return examination.ok("simulator", "It is built into the server: there is no account to check.");
  if (!checkConnection(examination)) return;
  if (!checkAccount(examination)) return;
  checkPermissions(examination);
  checkTax(examination);
  checkEndpoints(examination);
  tryPayments(examination);
}

}  // namespace

int examine(const Config& config, const DoctorOptions& options, std::ostream& out) {
  stripe::HttpClientOptions client;
  if (!config.caFile.empty()) client.caFile = config.caFile.string();
  const auto http = stripe::makeHttpClient(std::move(client));
  const SystemClock clock;
  Report report(out, options.format);
  const Surroundings surroundings{*http, clock, config.publicUrl, options.probes,
                                  [&](const Finding& finding) { report.add(finding); }};
  for (const Tenant& tenant : config.tenants) {
    report.begin(tenant);
    examineTenant(Examination(tenant, surroundings));
  }
  report.finish();
  return report.hasFailed() ? 1 : 0;
}

}  // namespace checkout::app::doctor

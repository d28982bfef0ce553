#include "app/check_config.hpp"

#include <ostream>

namespace checkout::app {
namespace {

std::string mode(const StripeSettings& stripe) {
  if (stripe.sandbox) return "sandbox";
  return stripe.livemode ? "LIVE MODE" : "test mode";
}

void printTenant(const Tenant& tenant, std::ostream& out) {
  out << "  " << tenant.id.value << "  \"" << tenant.name << "\"  " << tenant.currency.code << "  "
      << tenant.catalog->all().size() << " products  " << tenant.shippingCountries.size() << " countries  "
      << tenant.shippingRates.size() << " rates  Stripe: " << mode(tenant.stripe);
  if (tenant.stripe.webhookSecrets.empty()) out << ", no webhook secret: payments are found by polling";
  if (!tenant.active) out << "  (inactive)";
  out << '\n';
}

}  // namespace

void printProblems(const std::vector<ConfigProblem>& problems, std::ostream& out) {
  for (const ConfigProblem& problem : problems) out << toString(problem) << '\n';
  out << problems.size() << (problems.size() == 1 ? " problem\n" : " problems\n");
}

int checkConfig(const std::filesystem::path& file, const Environment& environment, std::ostream& out) {
  const LoadedConfig loaded = loadConfig(file, environment);
  if (!loaded.problems.empty()) {
    printProblems(loaded.problems, out);
    return 2;
  }
  const auto& tenants = loaded.config.tenants;
  out << loaded.config.name << ": OK, " << tenants.size()
      << (tenants.size() == 1 ? " tenant\n" : " tenants\n");
  for (const Tenant& tenant : tenants) printTenant(tenant, out);
  for (const ConfigProblem& warning : loaded.warnings) out << "warning: " << toString(warning) << '\n';
  return 0;
}

}  // namespace checkout::app

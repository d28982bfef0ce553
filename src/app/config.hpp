// The configuration of a process: what schemas/config.json describes, read, checked, with its secrets.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <checkout/tenant.hpp>

#include "app/config/document.hpp"
#include "app/config/environment.hpp"

namespace checkout::app {

struct Config {
  std::string name;             // of the file, for messages
  std::string digest;           // of its text
  std::vector<Tenant> tenants;  // a sandbox tenant's stripe.apiBase is still empty
  std::string publicUrl;        // empty: where the server listens
  std::vector<std::string> allowedHosts, allowedOrigins;
  bool tenantHeader = false;         // tools mirror their tenant_id into a header
  std::filesystem::path fileOutbox;  // empty: beside the store
  std::filesystem::path caFile;      // empty: the system's certificate authorities
};

// `config` is fit for use only if there are no problems. They are in the order of the file.
struct LoadedConfig {
  Config config;
  std::vector<ConfigProblem> problems;
  std::vector<ConfigProblem> warnings;  // what works, and is hardly meant
};

LoadedConfig loadConfig(const std::filesystem::path& file, const Environment& environment);
LoadedConfig loadConfigText(std::string text, std::string name, std::filesystem::path folder,
                            const Environment& environment);

// The tenant that is built in. With STRIPE_SECRET_KEY set it takes payments through that Stripe account
// (and STRIPE_WEBHOOK_SECRET), test mode only: its products don't exist.
LoadedConfig loadDemoConfig(const Environment& environment);

// Tenants that never change. Config must have had no problems.
std::unique_ptr<TenantDirectory> makeTenantDirectory(std::vector<Tenant> tenants);

}  // namespace checkout::app

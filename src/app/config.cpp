#include "app/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "app/config/checks.hpp"
#include "app/config/schema_check.hpp"
#include "app/config/stripe_reader.hpp"
#include "app/config/tenant_reader.hpp"
#include "app/config/warnings.hpp"
#include "base/digest.hpp"
#include "base/embedded.hpp"

namespace checkout::app {
namespace {

using Problems = std::vector<ConfigProblem>;

void readTenants(const Node& list, const Environment& environment, Config& config, Problems& problems) {
  std::map<std::string, std::size_t> seen;
  for (const Node& node : list.items()) {
    Tenant tenant = readTenant(node, environment, problems);
    const auto [other, isNew] = seen.emplace(tenant.id.value, config.tenants.size());
    if (!isNew && node["id"].exists())
      problems.push_back(node["id"].problem(std::string("tenant ")
                                                .append(std::to_string(other->second))
                                                .append(" has the id \"")
                                                .append(tenant.id.value)
                                                .append("\" already")));
    config.tenants.push_back(std::move(tenant));
  }
}

std::string withoutSlash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

class FixedTenants final : public TenantDirectory {
 public:
  explicit FixedTenants(std::vector<Tenant> tenants) : tenants_(std::move(tenants)) {
    for (const Tenant& tenant : tenants_) byId_.emplace(tenant.id, &tenant);
  }
  const Tenant* find(const TenantId& id) const override {
    const auto found = byId_.find(id);
    return found == byId_.end() ? nullptr : found->second;
  }
  std::vector<const Tenant*> all() const override {
    std::vector<const Tenant*> pointers;
    for (const Tenant& tenant : tenants_) pointers.push_back(&tenant);
    return pointers;
  }

 private:
  const std::vector<Tenant> tenants_;
  std::map<TenantId, const Tenant*> byId_;
};

std::string_view demoText() {
  for (const EmbeddedFile& file : embedded::configFiles())
    if (file.name == "demo_store") return file.text;
  std::abort();  // the build embeds it
}

// The demo's products against somebody's own Stripe account.
void useStripeKey(const std::string& key, const Environment& environment, LoadedConfig& loaded) {
  const auto refuse = [&](std::string message, std::string hint) {
    loaded.problems.push_back({"STRIPE_SECRET_KEY", 0, "", std::move(message), std::move(hint)});
  };
  Secret secret(key);
  if (isLiveKey(secret))
    return refuse("a live key would take real money for demo_store's products, which do not exist",
                  "use a test key (sk_test_…), or --config FILE with a catalogue of your own");
  if (!secret.startsWith("sk_test_") && !secret.startsWith("rk_test_"))
    return refuse("expected a key that begins with sk_test_ or rk_test_", "unset it to use the simulator");
  for (Tenant& tenant : loaded.config.tenants) {
    tenant.stripe = {};
    tenant.stripe.apiBase = "https://api.stripe.com";
    tenant.stripe.secretKey = secret;
    if (const auto webhook = environment("STRIPE_WEBHOOK_SECRET"); webhook && !webhook->empty())
      tenant.stripe.webhookSecrets.emplace_back(*webhook);
  }
}

}  // namespace

LoadedConfig loadConfigText(std::string text, std::string name, std::filesystem::path folder,
                            const Environment& environment) {
  LoadedConfig loaded;
  loaded.config.name = name;
  loaded.config.digest = sha256Hex(text);
  const auto document = Document::parse(std::move(text), std::move(name), std::move(folder), loaded.problems);
  if (!document) return loaded;
  checkAgainstSchema(*document, "", loaded.problems);
  const Node root(*document);
  readTenants(root["tenants"], environment, loaded.config, loaded.problems);
  checkSecureUrl(root["http"]["public_url"], loaded.problems);
  loaded.config.publicUrl = withoutSlash(root["http"]["public_url"].text().value_or(""));
  loaded.config.allowedHosts = root["http"]["allowed_hosts"].texts();
  loaded.config.allowedOrigins = root["http"]["allowed_origins"].texts();
  loaded.config.tenantHeader = root["http"]["tenant_header"].boolean().value_or(false);
  if (const auto outbox = root["mail"]["file_outbox"].text())
    loaded.config.fileOutbox = document->resolve(*outbox);
  loaded.config.caFile = readCaFile(root["tls"]["ca_file"], loaded.problems);
  loaded.warnings = warningsOf(root, loaded.config);
  for (Problems* list : {&loaded.problems, &loaded.warnings})
    std::stable_sort(list->begin(), list->end(), [](const auto& a, const auto& b) {
      return std::tie(a.file, a.line) < std::tie(b.file, b.line);
    });
  return loaded;
}

LoadedConfig loadConfig(const std::filesystem::path& file, const Environment& environment) {
  LoadedConfig loaded;
  auto text = Document::readText(file, loaded.problems);
  if (!text) return loaded;
  return loadConfigText(std::move(*text), file.string(), file.parent_path(), environment);
}

LoadedConfig loadDemoConfig(const Environment& environment) {
  LoadedConfig loaded = loadConfigText(std::string(demoText()), "demo_store", {}, environment);
  loaded.warnings.clear();  // nobody writes to a shop that does not exist
  if (const auto key = environment("STRIPE_SECRET_KEY"); key && !key->empty())
    useStripeKey(*key, environment, loaded);
  return loaded;
}

std::unique_ptr<TenantDirectory> makeTenantDirectory(std::vector<Tenant> tenants) {
  return std::make_unique<FixedTenants>(std::move(tenants));
}

}  // namespace checkout::app

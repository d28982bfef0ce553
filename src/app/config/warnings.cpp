#include "app/config/warnings.hpp"

#include <algorithm>

namespace checkout::app {
namespace {

using Warnings = std::vector<ConfigProblem>;

// The officially assigned codes of ISO 3166-1 alpha-2, and XK, which carriers and Stripe use for Kosovo.
constexpr std::string_view kCountries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV "
    "BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO "
    "IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG "
    "MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK "
    "PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC "
    "TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

void warnOfCountry(const Node& node, Warnings& warnings) {
  const auto code = node.text();
  if (!code || *code == "*" || code->size() != 2 || kCountries.find(*code) != std::string_view::npos) return;
  warnings.push_back(node.problem("\"" + *code + "\" is no country of ISO 3166-1", "such as US, DE or JP"));
}

// 0.19 % where 19 % is meant.
void warnOfTaxRate(const Node& node, Warnings& warnings) {
  constexpr std::int64_t kOnePercent = 100;
  const auto points = node.integer();
  if (!points || *points == 0 || *points >= kOnePercent) return;
  warnings.push_back(
      node.problem(std::to_string(*points) + " basis points are less than one percent",
                   std::to_string(*points) + " % are " + std::to_string(*points * kOnePercent)));
}

void warnOfTenant(const Node& node, const Tenant& tenant, const Config& config, Warnings& warnings) {
  for (const Node& country : node["shipping"]["countries"].items()) warnOfCountry(country, warnings);
  for (const Node& rate : node["shipping"]["rates"].items())
    for (const Node& country : rate["countries"].items()) warnOfCountry(country, warnings);
  for (const Node& rate : node["tax_rates"].items()) {
    warnOfCountry(rate["country"], warnings);
    warnOfTaxRate(rate["basis_points"], warnings);
  }
  if (node["tax_rates"].exists() && tenant.stripe.allowPromotionCodes)
    warnings.push_back(node["stripe"]["allow_promotion_codes"].problem(
        "a promotion code comes off the tax of tax_rates, too, which is a line of the payment page",
        "with automatic_tax Stripe reckons the tax of what is left"));
  if (tenant.policies.spendLimit && tenant.stripe.automaticTax)
    warnings.push_back(node["policies"]["spend_limit"].problem(
        "with automatic_tax the tax is added on the payment page, so that more than the limit may be paid",
        "keep some room below what may be spent"));
  if (!node["email"]["from"].exists())
    warnings.push_back(
        node.problem("there is no email.from: order confirmations come from " + tenant.emailFrom,
                     "name an address that customers may answer to"));
  if (tenant.stripe.livemode && config.publicUrl.empty() && tenant.successUrl.empty())
    warnings.push_back(node.problem(
        "LIVE MODE without http.public_url: after paying, customers are sent to an address of this machine",
        "set http.public_url, or urls.success and urls.cancel"));
}

}  // namespace

std::vector<ConfigProblem> warningsOf(const Node& root, const Config& config) {
  Warnings warnings;
  const auto nodes = root["tenants"].items();
  for (std::size_t i = 0; i < std::min(nodes.size(), config.tenants.size()); ++i)
    warnOfTenant(nodes[i], config.tenants[i], config, warnings);
  return warnings;
}

}  // namespace checkout::app

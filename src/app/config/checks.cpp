#include "app/config/checks.hpp"

#include <fstream>
#include <iterator>

#include "app/config/url.hpp"
#include "domain/currencies.hpp"

namespace checkout::app {

void checkSecureUrl(const Node& node, std::vector<ConfigProblem>& problems) {
  const auto text = node.text();
  if (!text) return;
  const auto url = parseUrl(*text);
  if (!url)
    problems.push_back(node.problem("expected a URL with a host and nothing odd in it, found another text"));
  else if (!isSecureOrLocal(*url))
    problems.push_back(node.problem(std::string("expected https, found http to ").append(url->host),
                                    "plain http is accepted for this machine only (127.0.0.1, localhost)"));
}

std::filesystem::path readCaFile(const Node& path, std::vector<ConfigProblem>& problems) {
  const auto text = path.text();
  if (!text) return {};
  auto file = path.document().resolve(*text);
  std::ifstream stream(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (content.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    problems.push_back(
        path.problem(stream.is_open() ? "expected a file with certificates in PEM" : "the file can't be read",
                     "a text that begins with -----BEGIN CERTIFICATE-----"));
  return file;
}

void checkChargeable(const Node& amount, const Currency& currency, std::vector<ConfigProblem>& problems) {
  const domain::CurrencyFacts* facts = domain::findCurrency(currency.code);
  const auto value = amount.integer();
  if (facts == nullptr || !value || *value % facts->step == 0) return;
  problems.push_back(amount.problem(std::string("expected a multiple of ")
                                        .append(std::to_string(facts->step))
                                        .append(" for ")
                                        .append(currency.code)
                                        .append(", found ")
                                        .append(std::to_string(*value)),
                                    "the card networks take no finer amounts in this currency"));
}

}  // namespace checkout::app

// Checks that several parts of a configuration share.
#pragma once

#include <filesystem>
#include <vector>

#include <checkout/money.hpp>

#include "app/config/document.hpp"

namespace checkout::app {

// Adds a problem unless `url` is absent, https, or http on this machine.
void checkSecureUrl(const Node& url, std::vector<ConfigProblem>& problems);

// Where the file lies; empty if `path` is absent. Adds a problem unless it holds a certificate in PEM.
std::filesystem::path readCaFile(const Node& path, std::vector<ConfigProblem>& problems);

// Adds a problem if Stripe can't charge this amount in this currency ("a multiple of 10").
void checkChargeable(const Node& amount, const Currency& currency, std::vector<ConfigProblem>& problems);

}  // namespace checkout::app

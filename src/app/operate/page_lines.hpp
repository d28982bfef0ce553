// The lines of a payment page, between the process that asks Stripe and the operator who reads them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>

namespace checkout::app::operate {

Json pageLinesToJson(const std::vector<PageLine>& lines);
std::optional<std::vector<PageLine>> pageLinesFromJson(const Json& json);  // nullopt: it is no such list

// A table: a head, the lines, and what they add up to.
std::vector<std::vector<std::string>> pageLineRows(const std::vector<PageLine>& lines);

}  // namespace checkout::app::operate

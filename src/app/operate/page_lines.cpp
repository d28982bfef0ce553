#include "app/operate/page_lines.hpp"

#include <algorithm>

namespace checkout::app::operate {
namespace {

const Json& memberOf(const Json& object, const char* name) {
  static const Json kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::optional<Money> moneyFrom(const Json& json) {
  const Json &amount = memberOf(json, "amount"), &currency = memberOf(json, "currency");
  if (!amount.is_number_integer() || !currency.is_string()) return std::nullopt;
  return Money{amount.get<std::int64_t>(), {currency.get<std::string>()}};
}

std::optional<PageLine> lineFrom(const Json& json) {
  const Json &description = memberOf(json, "description"), &quantity = memberOf(json, "quantity");
  const auto subtotal = moneyFrom(memberOf(json, "subtotal")),
             discount = moneyFrom(memberOf(json, "discount")), tax = moneyFrom(memberOf(json, "tax")),
             total = moneyFrom(memberOf(json, "total"));
  if (!description.is_string() || !quantity.is_number_integer() || !subtotal || !discount || !tax || !total)
    return std::nullopt;
  return PageLine{description.get<std::string>(),
                  quantity.get<std::int64_t>(),
                  moneyFrom(memberOf(json, "unitAmount")),
                  *subtotal,
                  *discount,
                  *tax,
                  *total};
}

// Nothing if there is none, or the amounts don't add up to one.
std::string sumOf(const std::vector<PageLine>& lines, Money PageLine::*part) {
  if (lines.empty()) return {};
  Money sum{0, (lines.front().*part).currency};
  for (const PageLine& line : lines) {
    const auto more = add(sum, line.*part);
    if (!more.ok()) return {};
    sum = *more;
  }
  return display(sum);
}

}  // namespace

Json pageLinesToJson(const std::vector<PageLine>& lines) {
  Json list = Json::array();
  for (const PageLine& line : lines)
    list.push_back({{"description", line.description},
                    {"quantity", line.quantity},
                    {"unitAmount", line.unitAmount ? toJson(*line.unitAmount) : Json()},
                    {"subtotal", toJson(line.subtotal)},
                    {"discount", toJson(line.discount)},
                    {"tax", toJson(line.tax)},
                    {"total", toJson(line.total)}});
  return list;
}

std::optional<std::vector<PageLine>> pageLinesFromJson(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  std::vector<PageLine> lines;
  for (const Json& entry : json) {
    auto line = lineFrom(entry);
    if (!line) return std::nullopt;
    lines.push_back(std::move(*line));
  }
  return lines;
}

std::vector<std::vector<std::string>> pageLineRows(const std::vector<PageLine>& lines) {
  std::vector<std::vector<std::string>> rows = {{"", "each", "subtotal", "discount", "tax", "total"}};
  for (const PageLine& line : lines)
    rows.push_back({std::to_string(line.quantity) + " × " + line.description,
                    line.unitAmount ? display(*line.unitAmount) : "-", display(line.subtotal),
                    display(line.discount), display(line.tax), display(line.total)});
  rows.push_back({"all lines", "", sumOf(lines, &PageLine::subtotal), sumOf(lines, &PageLine::discount),
                  sumOf(lines, &PageLine::tax), sumOf(lines, &PageLine::total)});
  return rows;
}

}  // namespace checkout::app::operate

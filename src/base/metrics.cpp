#include "base/metrics.hpp"

namespace checkout {
namespace {

std::string renderLabels(const Metrics::Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text.append(text.empty() ? "{" : ",").append(name).append("=\"");
    for (const char c : value) {
      if (c == '\n') {
        text += "\\n";
      } else {
        if (c == '\\' || c == '"') text += '\\';
        text += c;
      }
    }
    text += '"';
  }
  if (!text.empty()) text += '}';
  return text;
}

}  // namespace

Metrics::Value& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return find("counter", name, help, labels);
}

Metrics::Value& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return find("gauge", name, help, labels);
}

Metrics::Value& Metrics::find(std::string_view kind, std::string_view name, std::string_view help,
                              const Labels& labels) {
  std::string key = renderLabels(labels);
  const std::lock_guard lock(mutex_);
  auto family = families_.find(name);
  if (family == families_.end())
    family = families_.emplace(std::string(name), Family{std::string(help), kind, {}}).first;
  auto& value = family->second.series[std::move(key)];
  if (!value) value = std::make_unique<Value>();
  return *value;
}

std::string Metrics::render() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    text.append("# HELP ").append(name).append(" ").append(family.help).append("\n");
    text.append("# TYPE ").append(name).append(" ").append(family.kind).append("\n");
    for (const auto& [labels, value] : family.series)
      text.append(name).append(labels).append(" ").append(std::to_string(value->get())).append("\n");
  }
  return text;
}

}  // namespace checkout

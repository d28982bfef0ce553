#include "mcp/schema_validator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>

// GCC 12 sees an overflow in valijson's use of std::string::replace that is not there.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace checkout::mcp {
namespace {

// valijson reads nlohmann's other flavour. JSON Schema takes 2.0 for an integer, valijson only 2.
nlohmann::json toValijson(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      nlohmann::json object = nlohmann::json::object();
      for (const auto& [key, member] : value.items()) object.emplace(key, toValijson(member));
      return object;
    }
    case Json::value_t::array: {
      nlohmann::json array = nlohmann::json::array();
      for (const Json& item : value) array.push_back(toValijson(item));
      return array;
    }
    case Json::value_t::string:
      return value.get_ref<const std::string&>();
    case Json::value_t::boolean:
      return value.get<bool>();
    case Json::value_t::number_integer:
      return value.get<std::int64_t>();
    case Json::value_t::number_unsigned:
      return value.get<std::uint64_t>();
    case Json::value_t::number_float: {
      constexpr double kExact = 9007199254740992.0;  // 2^53
      const double number = value.get<double>();
      if (std::trunc(number) == number && std::fabs(number) < kExact)
        return static_cast<std::int64_t>(number);
      return number;
    }
    default:
      return nullptr;
  }
}

bool hasLongString(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > kLongestForPattern;
  return value.is_structured() && std::any_of(value.begin(), value.end(), hasLongString);
}

Violation worded(const valijson::ValidationResults::Error& error) {
  std::string pointer;
  for (std::size_t i = 1; i < error.context.size(); ++i) {  // "<root>", then "[key]" or "[0]"
    const std::string& step = error.context[i];
    pointer += '/';
    if (step.size() >= 2) pointer.append(step, 1, step.size() - 2);
  }
  return {std::move(pointer), "a value that fits the schema", "one that does not: " + error.description};
}

}  // namespace

struct SchemaValidator::Compiled {
  Json source;
  valijson::Schema schema;
};

SchemaValidator::SchemaValidator(Json schema) {
  auto compiled = std::make_unique<Compiled>();
  const nlohmann::json plain = toValijson(schema);
  try {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(plain), compiled->schema);
  } catch (const std::exception& error) {
    throw std::invalid_argument(error.what());
  }
  compiled->source = std::move(schema);
  compiled_ = std::move(compiled);
}

SchemaValidator::~SchemaValidator() = default;
SchemaValidator::SchemaValidator(SchemaValidator&&) noexcept = default;
SchemaValidator& SchemaValidator::operator=(SchemaValidator&&) noexcept = default;

std::vector<Violation> SchemaValidator::violations(const Json& value) const {
  // A validator caches compiled patterns without a lock, so each thread has its own.
  thread_local valijson::Validator validator(valijson::Validator::kStrongTypes);
  if (hasLongString(value))
    if (auto early = findViolations(compiled_->source, value); !early.empty()) return early;
  const nlohmann::json plain = toValijson(value);
  const valijson::adapters::NlohmannJsonAdapter target(plain);
  if (validator.validate(compiled_->schema, target, nullptr)) return {};
  std::vector<Violation> violations = findViolations(compiled_->source, value);
  if (!violations.empty()) return violations;
  valijson::ValidationResults results;
  validator.validate(compiled_->schema, target, &results);
  return {worded(*results.begin())};  // the innermost; those around it only repeat that it failed
}

}  // namespace checkout::mcp

#include "sandbox/search.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "base/ascii.hpp"
#include "sandbox/lists.hpp"

namespace checkout::sandbox {
namespace {

constexpr Milliseconds kSearchableAfter = std::chrono::minutes(1);

struct Clause {
  std::string field;  // "status", or "metadata"
  std::string key;    // of metadata
  std::string value;
};

Error badQuery(const std::string& why) {
  return invalidRequest("We were unable to parse your search query: " + why, "query");
}

// Reads a query from its front.
class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : rest_(text) {}

  bool atEnd() {
    skipSpace();
    return rest_.empty();
  }
  bool take(std::string_view word) {
    if (!equalsIgnoringCase(rest_.substr(0, word.size()), word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::string takeName() {
    skipSpace();
    const auto end =
        std::find_if(rest_.begin(), rest_.end(), [](char c) { return c != '_' && !isLetter(c); });
    return takeFront(static_cast<std::size_t>(end - rest_.begin()));
  }
  // In single or double quotes; a backslash makes the next character stand for itself.
  Result<std::string> takeQuoted() {
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"'))
      return badQuery("keys and values stand in quotes.");
    const char quote = rest_.front();
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      text += rest_[i];
    }
    return badQuery("a quote is not closed.");
  }

 private:
  static bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  void skipSpace() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  std::string takeFront(std::size_t size) {
    std::string front(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return front;
  }

  std::string_view rest_;
};

// What is searched by, besides metadata['key'].
using Fields = std::initializer_list<std::string_view>;

Result<Clause> readClause(QueryReader& reader, Fields fields) {
  Clause clause;
  clause.field = reader.takeName();
  if (clause.field != "metadata" && std::find(fields.begin(), fields.end(), clause.field) == fields.end()) {
    std::string known = "metadata['key']";
    for (const std::string_view field : fields) known.append(", ").append(field);
    return badQuery("this simulator searches by " + known + ", not by '" + clause.field + "'.");
  }
  if (clause.field == "metadata") {
    if (!reader.take("[")) return badQuery("metadata is searched as metadata['key']:'value'.");
    CHECKOUT_ASSIGN(key, reader.takeQuoted());
    clause.key = std::move(key);
    if (!reader.take("]")) return badQuery("a bracket is not closed.");
  }
  if (!reader.take(":")) return badQuery("this simulator knows the operator ':' only.");
  CHECKOUT_ASSIGN(value, reader.takeQuoted());
  clause.value = std::move(value);
  return clause;
}

Result<std::vector<Clause>> readQuery(const std::string& text, Fields fields) {
  QueryReader reader(text);
  std::vector<Clause> clauses;
  do {
    CHECKOUT_ASSIGN(clause, readClause(reader, fields));
    clauses.push_back(std::move(clause));
    if (reader.atEnd()) return clauses;
  } while (reader.take("AND "));
  return badQuery("this simulator joins clauses by AND only.");
}

bool fits(const Json& object, const Clause& clause) {
  const bool isMetadata = clause.field == "metadata";
  const Json& parent = isMetadata ? object["metadata"] : object;
  const auto found = parent.find(isMetadata ? clause.key : clause.field);
  return found != parent.end() && found->is_string() &&
         equalsIgnoringCase(found->get_ref<const std::string&>(), clause.value);
}

bool isListed(const Intent&) {
  return true;
}
bool isListed(const Record& record) {
  return !record.deleted;
}

template <class Row>
Result<Json> search(Call& call, const Table<Row>& table, const std::string& url, Fields fields) {
  if (call.account.profile.value("country", "") == "IN")
    return invalidRequest("The Search API is not available to accounts in India.", "query");
  CHECKOUT_ASSIGN(text, requireText(call.parameters, "query"));
  CHECKOUT_ASSIGN(clauses, readQuery(text, fields));
  Json page = {{"limit", call.parameters.value("limit", std::int64_t{10})}};
  if (call.parameters.contains("page")) {
    page["starting_after"] = call.parameters["page"];
    if (table.find(page["starting_after"].template get<std::string>()) == nullptr)
      return invalidRequest("This page is none that a search returned as next_page.", "page");
  }
  const std::int64_t newest = toUnixSeconds(call.world.now() - kSearchableAfter);
  const auto keep = [&](const Row& row) {
    return isListed(row) && row.object["created"].template get<std::int64_t>() <= newest &&
           std::all_of(clauses.begin(), clauses.end(), [&](const Clause& c) { return fits(row.object, c); });
  };
  CHECKOUT_ASSIGN(found,
                  listPage<Row>(table, page, url, "page", keep, [](const Row& row) { return row.object; }));
  found["object"] = "search_result";
  found["next_page"] = found["has_more"] == true ? found["data"].back()["id"] : Json(nullptr);
  return found;
}

}  // namespace

Result<Json> searchIntents(Call& call) {
  return search(call, call.account.intents, "/v1/payment_intents/search", {"status", "currency"});
}

Result<Json> searchCustomers(Call& call) {
  return search(call, call.account.customers, "/v1/customers/search", {"email", "name"});
}

}  // namespace checkout::sandbox

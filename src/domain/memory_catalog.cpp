#include "domain/memory_catalog.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <checkout/json.hpp>

#include "base/digest.hpp"

namespace checkout::domain {
namespace {

constexpr std::size_t kVersionDigits = 16;
constexpr std::size_t kCursorTagDigits = 24;

// Lower case for ASCII and for Latin-1 letters in UTF-8 ("É" is C3 89, "é" is C3 A9).
std::string folded(std::string_view text) {
  std::string lower(text);
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const auto byte = static_cast<unsigned char>(lower[i]);
    if (byte >= 'A' && byte <= 'Z') lower[i] = static_cast<char>(byte + 32);
    const bool latin = i > 0 && static_cast<unsigned char>(lower[i - 1]) == 0xC3;
    if (latin && byte >= 0x80 && byte <= 0x9E && byte != 0x97) lower[i] = static_cast<char>(byte + 32);
  }
  return lower;
}

bool isWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

// Splits what folded() returned: at spaces only for queries ("usb-c" stays one word), else at any
// punctuation.
template <class Predicate>
std::vector<std::string> split(std::string_view text, Predicate belongs) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    while (i < text.size() && belongs(text[i])) ++i;
    if (i > start) words.emplace_back(text.substr(start, i - start));
    while (i < text.size() && !belongs(text[i])) ++i;
  }
  return words;
}

// 0: not there; then inside a word, at the start of one, a whole one.
int wordMatch(std::string_view text, std::string_view word) {
  int best = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !isWordByte(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !isWordByte(text[at + word.size()]);
    best = std::max(best, starts ? (ends ? 3 : 2) : 1);
  }
  return best;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replace, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

Json describe(const Product& product) {
  Json json = {{"id", product.id.value},
               {"name", product.name},
               {"description", product.description},
               {"category", product.category},
               {"price", product.price.amount},
               {"currency", product.price.currency.code},
               {"digital", product.kind == ProductKind::Digital},
               {"weight", product.weightGrams}};
  if (product.initialStock) json["stock"] = *product.initialStock;
  if (product.imageUrl) json["image"] = *product.imageUrl;
  return json;
}

// What search compares with, folded once.
struct Folded {
  std::string id, name, category, description;
};

class MemoryCatalog final : public Catalog {
 public:
  explicit MemoryCatalog(std::vector<Product> products) : products_(std::move(products)) {
    Json content = Json::array();
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const Product& product = products_[i];
      byId_.emplace(product.id, i);
      folded_.push_back({folded(product.id.value), folded(product.name), folded(product.category),
                         folded(product.description)});
      content.push_back(describe(product));
    }
    version_ =
        sha256Hex(content.dump(-1, ' ', false, Json::error_handler_t::replace)).substr(0, kVersionDigits);
  }

  std::string version() const override { return version_; }
  std::vector<Product> all() const override { return products_; }

  std::optional<Product> find(const ProductId& id) const override {
    const auto found = byId_.find(id);
    if (found == byId_.end()) return std::nullopt;
    return products_[found->second];
  }

  Result<CatalogPage> search(const CatalogQuery& query) const override {
    if (query.limit < 1) return Error(ErrorCode::ValidationFailed, "limit must be at least 1.");
    CHECKOUT_ASSIGN(offset, offsetOf(query));
    const std::vector<std::size_t> hits = matches(query);
    CatalogPage page;
    const std::size_t end = std::min(hits.size(), offset + static_cast<std::size_t>(query.limit));
    for (std::size_t i = offset; i < end; ++i) page.products.push_back(products_[hits[i]]);
    if (end < hits.size()) page.nextCursor = cursorFor(query, end);
    return page;
  }

  std::vector<Product> similar(const std::string& id, int limit) const override {
    const std::string wanted = folded(id);
    if (wanted.empty() || limit < 1) return {};
    std::vector<std::pair<std::size_t, std::size_t>> ranked;  // distance, index
    for (std::size_t i = 0; i < products_.size(); ++i)
      if (const auto distance = likeness(wanted, folded_[i])) ranked.emplace_back(*distance, i);
    std::sort(ranked.begin(), ranked.end());
    std::vector<Product> found;
    for (const auto& [distance, index] : ranked) {
      if (found.size() == static_cast<std::size_t>(limit)) break;
      found.push_back(products_[index]);
    }
    return found;
  }

 private:
  // Best match first; equal ones stay in the merchant's order.
  std::vector<std::size_t> matches(const CatalogQuery& query) const {
    const auto words = split(folded(query.text), [](char c) { return static_cast<unsigned char>(c) > ' '; });
    const std::string category = folded(query.category);
    std::vector<std::pair<int, std::size_t>> ranked;  // -score, index
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const std::int64_t price = products_[i].price.amount;
      if (!category.empty() && folded_[i].category != category) continue;
      if (query.minPrice && price < *query.minPrice) continue;
      if (query.maxPrice && price > *query.maxPrice) continue;
      if (const auto score = scoreOf(folded_[i], words)) ranked.emplace_back(-*score, i);
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::size_t> indexes;
    for (const auto& entry : ranked) indexes.push_back(entry.second);
    return indexes;
  }

  static std::optional<int> scoreOf(const Folded& product, const std::vector<std::string>& words) {
    int total = 0;
    for (const std::string& word : words) {
      const int score = std::max({product.id == word ? 40 : 0, 10 * wordMatch(product.name, word),
                                  6 * wordMatch(product.id, word), 4 * wordMatch(product.category, word),
                                  wordMatch(product.description, word)});
      if (score == 0) return std::nullopt;
      total += score;
    }
    return total;
  }

  // How far a product is from what was asked for; nullopt if nobody would have meant it.
  static std::optional<std::size_t> likeness(const std::string& wanted, const Folded& product) {
    std::size_t best = std::min(editDistance(wanted, product.id), editDistance(wanted, product.name));
    if (wanted.size() >= 3) {
      const auto contains = [](const std::string& a, const std::string& b) {
        return a.find(b) != std::string::npos;
      };
      if (product.id.rfind(wanted, 0) == 0 || product.name.rfind(wanted, 0) == 0)
        best = std::min<std::size_t>(best, 1);
      if (contains(product.id, wanted) || contains(product.name, wanted))
        best = std::min<std::size_t>(best, 2);
    }
    if (best <= std::max<std::size_t>(2, wanted.size() / 3)) return best;
    // "blue-mug" for "mug-blue-330": every word of one is in the other.
    const auto words = split(wanted, isWordByte);
    const auto known = [&](const std::string& word) {
      return word.size() >= 3 && wordMatch(product.id + " " + product.name, word) >= 2;
    };
    const auto shared = static_cast<std::size_t>(std::count_if(words.begin(), words.end(), known));
    if (shared == 0) return std::nullopt;
    return wanted.size() + best + 10 * (words.size() - shared);
  }

  // A cursor is the next position under a hash of everything it depends on, so that one which was altered,
  // or made for another query or an older catalogue, is told from a good one without any memory of it.
  std::string tagFor(const CatalogQuery& query, std::size_t offset) const {
    const auto number = [](const std::optional<std::int64_t>& n) { return n ? Json(*n) : Json(nullptr); };
    const Json parts = {version_, query.text, query.category, number(query.minPrice), number(query.maxPrice),
                        offset};
    return sha256Hex(parts.dump(-1, ' ', false, Json::error_handler_t::replace)).substr(0, kCursorTagDigits);
  }
  std::string cursorFor(const CatalogQuery& query, std::size_t offset) const {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, offset, 16).ptr;
    return tagFor(query, offset) + std::string(digits, end);
  }
  Result<std::size_t> offsetOf(const CatalogQuery& query) const {
    if (query.cursor.empty()) return std::size_t{0};
    std::size_t offset = 0;
    if (query.cursor.size() > kCursorTagDigits && query.cursor.size() <= kCursorTagDigits + 8) {
      const char* first = query.cursor.data() + kCursorTagDigits;
      const char* last = query.cursor.data() + query.cursor.size();
      const auto parsed = std::from_chars(first, last, offset, 16);
      if (parsed.ec == std::errc{} && parsed.ptr == last && cursorFor(query, offset) == query.cursor)
        return offset;
    }
    return Error(
        ErrorCode::ValidationFailed,
        "This cursor does not belong to this search, or the catalogue has changed since. Search again "
        "without a cursor.",
        {{"catalogVersion", version_}});
  }

  std::vector<Product> products_;
  std::vector<Folded> folded_;  // parallel to products_
  std::unordered_map<ProductId, std::size_t> byId_;
  std::string version_;
};

}  // namespace

std::shared_ptr<const Catalog> makeMemoryCatalog(std::vector<Product> products) {
  return std::make_shared<const MemoryCatalog>(std::move(products));
}

}  // namespace checkout::domain

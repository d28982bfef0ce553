#include "domain/memory_catalog.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <checkout/json.hpp>

#include "base/digest.hpp"
#include "domain/search_index.hpp"

namespace checkout::domain {
namespace {

constexpr std::size_t kVersionDigits = 16;
constexpr std::size_t kCursorTagDigits = 24;

constexpr int kRanking = 2;  // another number whenever the order of hits changes: cursors depend on it

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
  if (!product.keywords.empty()) json["keywords"] = product.keywords;
  return json;
}

SearchDocument documentOf(const Product& product) {
  SearchDocument document = {
      {product.name, 10}, {product.id.value, 6}, {product.category, 4}, {product.description, 1}};
  for (const std::string& keyword : product.keywords) document.push_back({keyword, 8});
  return document;
}

SearchIndex indexOf(const std::vector<Product>& products, const Synonyms& synonyms) {
  std::vector<SearchDocument> documents;
  for (const Product& product : products) documents.push_back(documentOf(product));
  return {documents, synonyms};
}

// "mug" for "Mugs", "cafe" for "Café".
bool areAlike(const std::vector<Word>& one, const std::vector<Word>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const Word& a, const Word& b) {
    const auto forms = baseForms(a.folded), others = baseForms(b.folded);
    return std::find_first_of(forms.begin(), forms.end(), others.begin(), others.end()) != forms.end();
  });
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What a mistyped id is compared with, folded once.
struct Folded {
  std::string id, name;
  std::vector<std::string> words;  // of both; of composed ones their parts
};

Folded foldedFor(const std::string& id, const std::string& name) {
  Folded product{folded(id), folded(name), {}};
  for (const std::string* text : {&id, &name})
    for (const Word& word : wordsOf(*text)) {
      if (word.parts.empty()) product.words.push_back(word.folded);
      for (const Word& part : word.parts) product.words.push_back(part.folded);
    }
  return product;
}

class MemoryCatalog final : public Catalog {
 public:
  MemoryCatalog(std::vector<Product> products, const Synonyms& synonyms)
      : products_(std::move(products)), index_(indexOf(products_, synonyms)) {
    Json content = Json::array();
    std::unordered_map<std::string, std::size_t> categoryNumbers;
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const Product& product = products_[i];
      byId_.emplace(product.id, i);
      folded_.push_back(foldedFor(product.id.value, product.name));
      content.push_back(describe(product));
      const auto [category, isNew] = categoryNumbers.emplace(product.category, categories_.size());
      if (isNew) categories_.push_back(product.category);
      categoryOf_.push_back(category->second);
    }
    if (!synonyms.empty()) content.push_back(synonyms);
    version_ =
        sha256Hex(content.dump(-1, ' ', false, Json::error_handler_t::replace)).substr(0, kVersionDigits);
  }

  std::string version() const override { return version_; }
  std::vector<Product> all() const override { return products_; }
  std::vector<std::string> categories() const override {
    std::vector<std::string> named = categories_;
    std::erase(named, std::string());
    return named;
  }

  std::optional<Product> find(const ProductId& id) const override {
    const auto found = byId_.find(id);
    if (found == byId_.end()) return std::nullopt;
    return products_[found->second];
  }

  Result<CatalogPage> search(const CatalogQuery& query) const override {
    if (query.limit < 1) return Error(ErrorCode::ValidationFailed, "limit must be at least 1.");
    CHECKOUT_ASSIGN(offset, offsetOf(query));
    const SearchResult found = index_.search(query.text);
    CatalogPage page;
    page.everyWord = found.everyWord;
    page.didYouMean = found.didYouMean;
    const std::vector<std::size_t> hits = ranked(found, query, page);
    const std::size_t end = std::min(hits.size(), offset + static_cast<std::size_t>(query.limit));
    for (std::size_t i = offset; i < end; ++i) page.products.push_back(products_[hits[i]]);
    if (end < hits.size()) page.nextCursor = cursorFor(query, end);
    return page;
  }

  std::vector<Product> similar(const std::string& id, int limit) const override {
    const Folded wanted = foldedFor(id, {});
    if (wanted.id.empty() || limit < 1) return {};
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
  // Best match first; equal ones stay in the merchant's order. Says in `page` what all matches cost.
  std::vector<std::size_t> ranked(const SearchResult& found, const CatalogQuery& query,
                                  CatalogPage& page) const {
    const std::vector<bool> wanted = wantedCategories(query.category);
    std::vector<std::size_t> hits;
    for (std::size_t i = 0; i < products_.size(); ++i) {
      if (found.scores[i] == 0 || !wanted[categoryOf_[i]]) continue;
      const Money& price = products_[i].price;
      if (!page.cheapest || price.amount < page.cheapest->amount) page.cheapest = price;
      if (!page.dearest || price.amount > page.dearest->amount) page.dearest = price;
      if (query.minPrice && price.amount < *query.minPrice) continue;
      if (query.maxPrice && price.amount > *query.maxPrice) continue;
      hits.push_back(i);
    }
    std::stable_sort(hits.begin(), hits.end(),
                     [&](std::size_t a, std::size_t b) { return found.scores[a] > found.scores[b]; });
    return hits;
  }

  std::vector<bool> wantedCategories(const std::string& asked) const {
    std::vector<bool> wanted(categories_.size(), asked.empty());
    if (asked.empty()) return wanted;
    const std::vector<Word> words = wordsOf(asked);
    for (std::size_t i = 0; i < categories_.size(); ++i)
      wanted[i] = categories_[i] == asked || (!words.empty() && areAlike(words, wordsOf(categories_[i])));
    return wanted;
  }

  // How far a product is from what was asked for; nullopt if nobody would have meant it.
  static std::optional<std::size_t> likeness(const Folded& wanted, const Folded& product) {
    const std::string& text = wanted.id;
    const std::size_t near = std::max<std::size_t>(2, text.size() / 3);
    std::size_t best = distanceTo(product, text, near);
    if (text.size() >= 3) {
      if (product.id.starts_with(text) || product.name.starts_with(text))
        best = std::min<std::size_t>(best, 1);
      if (contains(product.id, text) || contains(product.name, text)) best = std::min<std::size_t>(best, 2);
    }
    if (best <= near) return best;
    // "blue-mug" for "mug-blue-330": every word of one is in the other.
    const auto shared = static_cast<std::size_t>(
        std::count_if(wanted.words.begin(), wanted.words.end(),
                      [&](const std::string& word) { return hasWord(product, word); }));
    if (shared == 0) return std::nullopt;
    constexpr std::size_t kAnyDistance = 100'000;
    return text.size() + distanceTo(product, text, kAnyDistance) + 10 * (wanted.words.size() - shared);
  }

  static std::size_t distanceTo(const Folded& product, const std::string& text, std::size_t limit) {
    EditDistance distance(text);
    return std::min(distance.to(product.id, limit), distance.to(product.name, limit));
  }

  static bool hasWord(const Folded& product, const std::string& wanted) {
    return wanted.size() >= 3 &&
           std::any_of(product.words.begin(), product.words.end(),
                       [&](const std::string& word) { return word.starts_with(wanted); });
  }

  // A cursor is the next position under a hash of everything it depends on, so that one which was altered,
  // or made for another query or an older catalogue, is told from a good one without any memory of it.
  std::string tagFor(const CatalogQuery& query, std::size_t offset) const {
    const auto number = [](const std::optional<std::int64_t>& n) { return n ? Json(*n) : Json(nullptr); };
    const Json parts = {
        kRanking, version_, query.text, query.category, number(query.minPrice), number(query.maxPrice),
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
  SearchIndex index_;
  std::vector<Folded> folded_;           // parallel to products_
  std::vector<std::size_t> categoryOf_;  // parallel to products_: numbers in categories_
  std::vector<std::string> categories_;  // in the merchant's order; "" where a product has none
  std::unordered_map<ProductId, std::size_t> byId_;
  std::string version_;
};

}  // namespace

std::shared_ptr<const Catalog> makeMemoryCatalog(std::vector<Product> products, const Synonyms& synonyms) {
  return std::make_shared<const MemoryCatalog>(std::move(products), synonyms);
}

}  // namespace checkout::domain

#include "domain/search_index.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

namespace checkout::domain {
namespace {

// How good a match is, from the same word down.
constexpr int kSame = 12, kInflected = 11, kSynonym = 9, kBeginning = 8, kInside = 4;
constexpr int kMistyped = 6;  // less for each letter that is wrong

constexpr int kProminent = 4;  // weight of a field whose words are offered as corrections
constexpr std::size_t kMostTerms = 16, kMostSuggestions = 3;
constexpr std::size_t kLongestMistyped = 64;  // bytes

std::uint32_t lettersOf(std::string_view word) {
  std::uint32_t letters = 0;
  for (const char c : word) letters |= 1u << (static_cast<unsigned char>(c) & 0x1F);
  return letters;
}

std::size_t typosIn(std::string_view word) {
  if (word.size() < 4 || word.size() > kLongestMistyped || hasDigit(word)) return 0;
  return word.size() < 8 ? 1 : 2;
}

bool isNothing(const std::vector<int>& scores) {
  return std::all_of(scores.begin(), scores.end(), [](int score) { return score == 0; });
}

// "for" in "a mug for my desk"; a text of nothing else keeps them.
std::vector<Word> wordsWithoutFillers(std::string_view text) {
  std::vector<Word> words = wordsOf(text);
  const auto isFiller = [](const Word& word) { return word.isFiller; };
  if (!std::all_of(words.begin(), words.end(), isFiller)) std::erase_if(words, isFiller);
  return words;
}

void offer(const std::string& word, std::vector<std::string>& words) {
  if (words.size() < kMostSuggestions && std::find(words.begin(), words.end(), word) == words.end())
    words.push_back(word);
}

}  // namespace

SearchIndex::SearchIndex(const std::vector<SearchDocument>& documents,
                         const std::vector<std::vector<std::string>>& synonyms)
    : documents_(documents.size()) {
  for (std::uint32_t i = 0; i < documents.size(); ++i)
    for (const SearchField& field : documents[i]) add(i, field);
  for (const auto& group : synonyms) addSynonyms(group);
  std::stable_sort(phrases_.begin(), phrases_.end(), [](const GroupPhrase& a, const GroupPhrase& b) {
    return a.words.size() > b.words.size();
  });
}

SearchIndex::EntryId SearchIndex::intern(const Word& word) {
  if (const auto known = byWord_.find(word.folded); known != byWord_.end()) return known->second;
  const auto id = static_cast<EntryId>(entries_.size());
  byWord_.emplace(word.folded, id);
  entries_.push_back({word.folded, word.spelling, false, {}, {}});
  shapes_.push_back({lettersOf(word.folded), static_cast<std::uint32_t>(word.folded.size()),
                     !word.isFiller && !hasDigit(word.folded)});
  for (const std::string& form : baseForms(word.folded)) byForm_[form].push_back(id);
  return id;
}

void SearchIndex::add(std::uint32_t document, const SearchField& field) {
  for (const Word& word : wordsOf(field.text)) {
    add(document, word, field.weight);
    for (const Word& part : word.parts) add(document, part, field.weight);
  }
}

void SearchIndex::add(std::uint32_t document, const Word& word, int weight) {
  Entry& entry = entries_[intern(word)];
  entry.isSuggested |=
      weight >= kProminent && word.folded.size() > 2 && !word.isFiller && !hasDigit(word.folded);
  if (entry.postings.empty() || entry.postings.back().document != document)
    entry.postings.push_back({document, 0});
  int& best = entry.postings.back().weight;
  best = std::max(best, weight);
}

void SearchIndex::addSynonyms(const std::vector<std::string>& group) {
  const auto number = static_cast<GroupId>(groups_.size());
  std::vector<Phrase> phrases;
  for (const std::string& text : group) {
    Phrase phrase;
    for (const Word& word : wordsWithoutFillers(text)) phrase.push_back(intern(word));
    if (phrase.empty()) continue;
    for (const EntryId id : phrase) entries_[id].isSuggested = true;
    if (phrase.size() == 1)
      entries_[phrase[0]].groups.push_back(number);
    else
      phrases_.push_back({phrase, number});
    phrases.push_back(std::move(phrase));
  }
  groups_.push_back(std::move(phrases));
}

SearchResult SearchIndex::search(std::string_view query) const {
  SearchResult result;
  const std::vector<Term> terms = termsOf(query);
  if (terms.empty()) {
    result.scores.assign(documents_, 1);
    return result;
  }
  result.scores.assign(documents_, 0);
  std::vector<std::size_t> found(documents_, 0);  // terms, by document
  for (const Term& term : terms) {
    const Scores scores = scoresOf(term, result.didYouMean);
    for (std::size_t i = 0; i < documents_; ++i) {
      result.scores[i] += scores[i];
      if (scores[i] > 0) ++found[i];
    }
  }
  const std::size_t most = found.empty() ? 0 : *std::max_element(found.begin(), found.end());
  result.everyWord = most == terms.size();
  for (std::size_t i = 0; i < documents_; ++i)
    if (found[i] < most) result.scores[i] = 0;
  return result;
}

std::vector<SearchIndex::Term> SearchIndex::termsOf(std::string_view query) const {
  std::vector<Word> words;
  std::vector<std::string> seen;
  std::size_t read = 0;
  for (Word& word : wordsWithoutFillers(query)) {
    if (++read > kMostTerms || words.size() >= kMostTerms) break;
    if (std::find(seen.begin(), seen.end(), word.folded) != seen.end()) continue;
    seen.push_back(word.folded);
    std::vector<Word> parts = knownParts(word);
    if (parts.empty()) parts.push_back(std::move(word));
    std::move(parts.begin(), parts.end(), std::back_inserter(words));
  }
  if (words.size() > kMostTerms) words.resize(kMostTerms);
  std::vector<Term> terms;
  for (std::size_t i = 0; i < words.size();) {
    const GroupPhrase* phrase = phraseAt(words, i);
    terms.push_back({words[i], phrase});
    i += phrase != nullptr ? phrase->words.size() : 1;
  }
  return terms;
}

// What an unknown word consists of: its own parts, or two known words that it is written together of.
std::vector<Word> SearchIndex::knownParts(const Word& word) const {
  constexpr std::size_t kShortest = 3, kLongest = 64;
  if (!relativesOf(word.folded).empty()) return {};
  if (!word.parts.empty()) return word.parts;
  const std::string& whole = word.folded;
  if (whole.size() > kLongest) return {};
  const auto begins = [&](const Entry& entry) { return entry.word.starts_with(whole); };
  if (whole.size() < 2 * kShortest || std::any_of(entries_.begin(), entries_.end(), begins)) return {};
  for (std::size_t at = whole.size() - kShortest; at >= kShortest; --at) {
    const std::string first = whole.substr(0, at), second = whole.substr(at);
    if (!relativesOf(first).empty() && !relativesOf(second).empty())
      return {{first, first, {}, false}, {second, second, {}, false}};
  }
  return {};
}

const SearchIndex::GroupPhrase* SearchIndex::phraseAt(const std::vector<Word>& words, std::size_t at) const {
  if (phrases_.empty()) return nullptr;
  std::vector<std::vector<Relative>> relatives;
  for (const GroupPhrase& phrase : phrases_) {
    if (at + phrase.words.size() > words.size()) continue;
    bool fits = true;
    for (std::size_t i = 0; fits && i < phrase.words.size(); ++i) {
      if (i == relatives.size()) relatives.push_back(relativesOf(words[at + i].folded));
      fits = std::any_of(relatives[i].begin(), relatives[i].end(),
                         [&](const Relative& relative) { return relative.entry == phrase.words[i]; });
    }
    if (fits) return &phrase;
  }
  return nullptr;
}

// The word itself, and those that are other forms of it.
std::vector<SearchIndex::Relative> SearchIndex::relativesOf(const std::string& word) const {
  std::vector<Relative> relatives;
  if (const auto same = byWord_.find(word); same != byWord_.end()) relatives.push_back({same->second, kSame});
  for (const std::string& form : baseForms(word)) {
    const auto found = byForm_.find(form);
    if (found == byForm_.end()) continue;
    for (const EntryId id : found->second) {
      const bool isKnown = std::any_of(relatives.begin(), relatives.end(),
                                       [&](const Relative& relative) { return relative.entry == id; });
      if (!isKnown) relatives.push_back({id, kInflected});
    }
  }
  return relatives;
}

SearchIndex::Scores SearchIndex::scoresOf(const Term& term, std::vector<std::string>& didYouMean) const {
  Scores scores(documents_, 0);
  Qualities groups;
  if (term.phrase != nullptr) {
    groups[term.phrase->group] = kSynonym;
  } else {
    const std::string& word = term.word.folded;
    std::vector<Relative> relatives = relativesOf(word);
    const bool isBeginning = scoreWithin(word, scores, groups);
    if (relatives.empty() && !isBeginning) {
      relatives = correctionsOf(word);
      for (const Relative& relative : relatives) offer(entries_[relative.entry].spelling, didYouMean);
      if (relatives.empty() && isNothing(scores))
        for (const EntryId id : suggestionsFor(word)) offer(entries_[id].spelling, didYouMean);
    }
    for (const auto& [entry, quality] : relatives) score(entry, quality, scores, groups);
  }
  for (const auto& [group, quality] : groups) scoreGroup(group, quality, scores);
  return scores;
}

// Words that the given one is a part of. True if any begins with it.
bool SearchIndex::scoreWithin(const std::string& word, Scores& scores, Qualities& groups) const {
  constexpr std::size_t kShortestBeginning = 2, kShortestInside = 3, kShortestOfSynonym = 4;
  bool isBeginning = false;
  const std::uint32_t letters = lettersOf(word);
  for (EntryId id = 0; id < entries_.size(); ++id) {
    if ((letters & ~shapes_[id].letters) != 0 || shapes_[id].size <= word.size()) continue;
    const Entry& entry = entries_[id];
    const auto at = entry.word.find(word);
    if (at == std::string::npos || word.size() < (at == 0 ? kShortestBeginning : kShortestInside)) continue;
    isBeginning |= at == 0;
    if (at == 0 && word.size() >= kShortestOfSynonym)
      score(id, kBeginning, scores, groups);
    else
      score(entry, at == 0 ? kBeginning : kInside, scores);
  }
  return isBeginning;
}

// The words that a mistyped one, or a form of it, is nearest to.
std::vector<SearchIndex::Relative> SearchIndex::correctionsOf(const std::string& word) const {
  const std::vector<std::string> forms = baseForms(word);
  std::vector<Relative> corrections;
  for (std::size_t typos = 1; corrections.empty() && typos <= typosIn(word); ++typos)
    for (const std::string& form : forms)
      if (typos <= typosIn(form))
        for (const EntryId id : nearest(form, typos))
          corrections.push_back({id, kMistyped - static_cast<int>(typos)});
  return corrections;
}

// Words to offer for one that is too far from all of them to be looked for in their place.
std::vector<SearchIndex::EntryId> SearchIndex::suggestionsFor(const std::string& word) const {
  std::vector<EntryId> suggestions;
  if (word.size() < 3 || word.size() > kLongestMistyped || hasDigit(word)) return suggestions;
  const std::size_t farthest = std::max<std::size_t>(1, word.size() / 3);
  for (std::size_t distance = 1; suggestions.empty() && distance <= farthest; ++distance) {
    suggestions = nearest(word, distance);
    std::erase_if(suggestions, [&](EntryId id) { return !entries_[id].isSuggested; });
  }
  return suggestions;
}

void SearchIndex::score(const Entry& entry, int quality, Scores& scores) const {
  for (const Posting& posting : entry.postings) {
    int& best = scores[posting.document];
    best = std::max(best, posting.weight * quality);
  }
}

void SearchIndex::score(EntryId id, int quality, Scores& scores, Qualities& groups) const {
  score(entries_[id], quality, scores);
  for (const GroupId group : entries_[id].groups) {
    int& best = groups[group];
    best = std::max(best, std::min(quality, kSynonym));
  }
}

// A document has a phrase if it has all of its words.
void SearchIndex::scoreGroup(GroupId group, int quality, Scores& scores) const {
  for (const Phrase& phrase : groups_[group]) {
    Scores ofPhrase(documents_, std::numeric_limits<int>::max());
    for (const EntryId word : phrase) {
      Scores ofWord(documents_, 0);
      for (const auto& relative : relativesOf(entries_[word].word))
        score(entries_[relative.entry], quality, ofWord);
      for (std::size_t i = 0; i < documents_; ++i) ofPhrase[i] = std::min(ofPhrase[i], ofWord[i]);
    }
    for (std::size_t i = 0; i < documents_; ++i) scores[i] = std::max(scores[i], ofPhrase[i]);
  }
}

// Words that differ from the given one in at most so many letters.
std::vector<SearchIndex::EntryId> SearchIndex::nearest(const std::string& word, std::size_t limit) const {
  std::vector<EntryId> near;
  EditDistance distance(word);
  const std::uint32_t letters = lettersOf(word);
  for (EntryId id = 0; id < entries_.size(); ++id) {
    const Shape& shape = shapes_[id];
    if (!shape.isCorrection || shape.size + limit < word.size() || shape.size > word.size() + limit) continue;
    // A letter that only one of them has is a difference.
    if (static_cast<std::size_t>(std::popcount(letters & ~shape.letters)) > limit ||
        static_cast<std::size_t>(std::popcount(shape.letters & ~letters)) > limit)
      continue;
    if (distance.to(entries_[id].word, limit) <= limit) near.push_back(id);
  }
  return near;
}

}  // namespace checkout::domain

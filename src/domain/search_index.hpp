// Finds documents by words as people type them: inflected, mistyped, cut short, or another word for the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/search_text.hpp"

namespace checkout::domain {

struct SearchField {
  std::string_view text;
  int weight = 1;  // how much a word in here says about the document
};
using SearchDocument = std::vector<SearchField>;

struct SearchResult {
  std::vector<int> scores;              // one for each document, in their order; 0: not found
  bool everyWord = true;                // false: no document has every word, and these have most of them
  std::vector<std::string> didYouMean;  // words that are known, for those of the query that are not
};

// Each word of a query is looked for as it is, in another form ("grinders"), as a synonym, as the beginning
// of a word and inside of one. Only if it is none of these but the last, it is taken for two words that were
// written as one, then for one that was mistyped: by one letter in words of four to seven, two in longer
// ones. A document's score is the sum over the words of the best place where each was found: its field's
// weight times how good the match is. Decision 0009 says why this is no library. Immutable after its
// construction, so any thread may search.
class SearchIndex {
 public:
  // `synonyms` are groups of words and phrases that mean the same here.
  SearchIndex(const std::vector<SearchDocument>& documents,
              const std::vector<std::vector<std::string>>& synonyms);

  // A query without words finds every document. Of more than 16 words the first 16 count.
  SearchResult search(std::string_view query) const;

 private:
  using EntryId = std::uint32_t;
  using GroupId = std::uint32_t;
  using Scores = std::vector<int>;
  using Qualities = std::map<GroupId, int>;  // how well a group of synonyms was met

  struct Posting {
    std::uint32_t document = 0;
    int weight = 0;  // of the best field
  };
  // A word of the documents or of a synonym.
  struct Entry {
    std::string word, spelling;
    bool isSuggested = false;  // prominent enough to be offered
    std::vector<Posting> postings;
    std::vector<GroupId> groups;  // those in which it is a synonym by itself
  };
  // What tells most entries that don't fit from those that may, in few bytes.
  struct Shape {
    std::uint32_t letters = 0;  // a set
    std::uint32_t size = 0;
    bool isCorrection = false;  // may be meant by a mistyped word
  };
  using Phrase = std::vector<EntryId>;
  struct GroupPhrase {
    Phrase words;
    GroupId group = 0;
  };
  // What is looked for as one: a word, or several that are a synonym together.
  struct Term {
    Word word;
    const GroupPhrase* phrase = nullptr;
  };
  struct Relative {
    EntryId entry = 0;
    int quality = 0;
  };

  EntryId intern(const Word& word);
  void add(std::uint32_t document, const SearchField& field);
  void add(std::uint32_t document, const Word& word, int weight);
  void addSynonyms(const std::vector<std::string>& group);

  std::vector<Term> termsOf(std::string_view query) const;
  std::vector<Word> knownParts(const Word& word) const;
  const GroupPhrase* phraseAt(const std::vector<Word>& words, std::size_t at) const;
  std::vector<Relative> relativesOf(const std::string& word) const;

  Scores scoresOf(const Term& term, std::vector<std::string>& didYouMean) const;
  bool scoreWithin(const std::string& word, Scores& scores, Qualities& groups) const;
  std::vector<Relative> correctionsOf(const std::string& word) const;
  std::vector<EntryId> suggestionsFor(const std::string& word) const;
  void score(const Entry& entry, int quality, Scores& scores) const;
  void score(EntryId id, int quality, Scores& scores, Qualities& groups) const;
  void scoreGroup(GroupId group, int quality, Scores& scores) const;
  std::vector<EntryId> nearest(const std::string& word, std::size_t limit) const;

  std::size_t documents_;
  std::vector<Entry> entries_;
  std::vector<Shape> shapes_;  // parallel to entries_
  std::unordered_map<std::string, EntryId> byWord_;
  std::unordered_map<std::string, std::vector<EntryId>> byForm_;
  std::vector<std::vector<Phrase>> groups_;
  std::vector<GroupPhrase> phrases_;  // synonyms of more than one word, the longest first
};

}  // namespace checkout::domain

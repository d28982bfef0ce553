#include "base/json_gate.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/utf8.hpp"

namespace checkout {
namespace {

bool isDigit(int c) {
  return c >= '0' && c <= '9';
}

// One pass that checks and builds at once. Open containers lie on an explicit stack, so that hostile nesting
// costs a bounded vector and no call frames. Messages never repeat the text: it may hold a card number.
class GateParser {
 public:
  GateParser(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  Result<Json> parse() {
    Json root;
    if (wholeText(root)) return root;
    return std::move(*error_);
  }

 private:
  struct Container {
    Json* node;  // stays put: its parent does not grow while it is open
    std::set<std::string, std::less<>> keys;
    bool first = true;
  };

  bool wholeText(Json& root) {
    if (text_.size() > limits_.maxBytes)
      return failAt(limits_.maxBytes, atMost(limits_.maxBytes, "bytes"), std::to_string(text_.size()));
    if (text_.starts_with("\xEF\xBB\xBF")) return fail("JSON", "a byte order mark");
    if (!value(root)) return false;
    while (!open_.empty())
      if (!(open_.back().node->is_object() ? member() : element())) return false;
    skipSpace();
    return atEnd() || fail("the end of the text");
  }

  bool member() {
    Container& object = open_.back();
    skipSpace();
    if (accept('}')) return close();
    if (!object.first && !nextAfterComma()) return fail("',' or '}'");
    if (peek() != '"') return fail(object.first ? "a key or '}'" : "a key");
    object.first = false;
    const std::size_t keyAt = at_;
    std::string key;
    if (!string(key)) return false;
    if (object.keys.size() >= limits_.maxMembers)
      return failAt(keyAt, atMost(limits_.maxMembers, "members in an object"), "one more");
    if (!object.keys.insert(key).second)
      return failAt(keyAt, "a key that is new in this object", "a repeated key");
    skipSpace();
    if (!accept(':')) return fail("':'");
    auto& members = object.node->get_ref<Json::object_t&>();
    members.emplace_back(std::move(key), nullptr);
    return value(members.back().second);
  }

  bool element() {
    Container& array = open_.back();
    skipSpace();
    if (accept(']')) return close();
    if (!array.first && !nextAfterComma()) return fail("',' or ']'");
    array.first = false;
    auto& elements = array.node->get_ref<Json::array_t&>();
    elements.emplace_back(nullptr);
    return value(elements.back());
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool nextAfterComma() {
    if (!accept(',')) return false;
    skipSpace();
    return true;
  }

  bool value(Json& slot) {
    skipSpace();
    if (++nodes_ > limits_.maxNodes) return fail(atMost(limits_.maxNodes, "values"), "one more");
    switch (peek()) {
      case '{':
        return openContainer(slot, Json::object());
      case '[':
        return openContainer(slot, Json::array());
      case '"':
        slot = "";
        return string(slot.get_ref<Json::string_t&>());
      case 't':
        return literal("true", slot, true);
      case 'f':
        return literal("false", slot, false);
      case 'n':
        return literal("null", slot, nullptr);
      default:
        return peek() == '-' || isDigit(peek()) ? number(slot) : fail("a value");
    }
  }

  bool openContainer(Json& slot, Json empty) {
    if (open_.size() >= limits_.maxDepth)
      return fail(atMost(limits_.maxDepth, "levels of nesting"), "one more");
    ++at_;
    slot = std::move(empty);
    open_.push_back({&slot, {}});
    return true;
  }

  bool literal(std::string_view word, Json& slot, Json meaning) {
    for (const char c : word)
      if (!accept(c)) return fail(std::string(word));
    slot = std::move(meaning);
    return true;
  }

  // -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
  bool number(Json& slot) {
    const std::size_t start = at_;
    accept('-');
    if (!accept('0') && !digits()) return false;
    bool integer = true;
    if (accept('.')) {
      integer = false;
      if (!digits()) return false;
    }
    if (accept('e') || accept('E')) {
      integer = false;
      if (!accept('+')) accept('-');
      if (!digits()) return false;
    }
    const char* const from = text_.data() + start;
    const char* const to = text_.data() + at_;
    if (integer) {
      std::int64_t whole = 0;
      if (std::from_chars(from, to, whole).ec != std::errc{})
        return failAt(start, "an integer of 64 bits", "one that does not fit");
      slot = whole;
    } else {
      double real = 0;
      if (std::from_chars(from, to, real).ec != std::errc{} || !std::isfinite(real))
        return failAt(start, "a number in the range of a double", "one that does not fit");
      slot = real;
    }
    return true;
  }

  bool digits() {
    if (!isDigit(peek())) return fail("a digit");
    while (isDigit(peek())) ++at_;
    return true;
  }

  bool string(std::string& out) {
    const std::size_t start = at_++;
    for (;;) {
      const std::size_t plain = at_;
      while (!atEnd() && peek() >= 0x20 && peek() < 0x80 && peek() != '"' && peek() != '\\') ++at_;
      out.append(text_, plain, at_ - plain);
      if (out.size() > limits_.maxString) return tooLong(start);
      if (accept('"')) return true;
      if (atEnd()) return fail("the closing '\"' of a string");
      if (accept('\\')) {
        if (!escape(out)) return false;
      } else if (const std::size_t length = utf8SequenceLength(text_.substr(at_)); length > 1) {
        out.append(text_, at_, length);
        at_ += length;
      } else {
        return fail(peek() < 0x20 ? "an escape for a control character" : "valid UTF-8");
      }
      if (out.size() > limits_.maxString) return tooLong(start);
    }
  }

  bool tooLong(std::size_t start) {
    return failAt(start, atMost(limits_.maxString, "bytes in a string"), "more");
  }

  bool escape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (accept('u')) return unicodeEscape(out);
    const std::size_t which = atEnd() ? std::string_view::npos : kLetters.find(text_[at_]);
    if (which == std::string_view::npos) return fail("one of \"\\/bfnrtu after '\\'");
    ++at_;
    out.push_back(kMeanings[which]);
    return true;
  }

  bool unicodeEscape(std::string& out) {
    const std::size_t start = at_ - 2;
    char32_t first = 0, second = 0;
    if (!fourHex(first)) return false;
    if (first >= 0xD800 && first < 0xDC00) {
      if (!text_.substr(at_).starts_with("\\u")) return failAt(start, "a pair of surrogates", "a lone one");
      at_ += 2;
      if (!fourHex(second)) return false;
      if (second < 0xDC00 || second > 0xDFFF) return failAt(start, "a pair of surrogates", "a lone one");
      first = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    } else if (first >= 0xDC00 && first <= 0xDFFF) {
      return failAt(start, "a pair of surrogates", "a lone one");
    }
    appendUtf8(out, first);
    return true;
  }

  bool fourHex(char32_t& out) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const int c = peek();
      const int lower = c | 0x20;
      if (isDigit(c)) {
        out = out * 16 + static_cast<char32_t>(c - '0');
      } else if (c > 0 && lower >= 'a' && lower <= 'f') {
        out = out * 16 + static_cast<char32_t>(lower - 'a' + 10);
      } else {
        return fail("four hexadecimal digits after '\\u'");
      }
    }
    return true;
  }

  bool atEnd() const { return at_ == text_.size(); }
  int peek() const { return atEnd() ? -1 : static_cast<unsigned char>(text_[at_]); }
  bool accept(char wanted) {
    if (atEnd() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void skipSpace() {
    while (!atEnd() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }

  static std::string atMost(std::size_t limit, std::string_view of) {
    return "at most " + std::to_string(limit) + " " + std::string(of);
  }

  bool fail(std::string expected) { return failAt(at_, std::move(expected), describe(peek())); }
  bool fail(std::string expected, std::string found) {
    return failAt(at_, std::move(expected), std::move(found));
  }
  bool failAt(std::size_t offset, std::string expected, std::string found) {
    error_.emplace(
        ErrorCode::ValidationFailed,
        "invalid JSON at byte " + std::to_string(offset) + ": expected " + expected + ", found " + found,
        Json{{"offset", offset}, {"expected", expected}, {"found", found}});
    return false;
  }

  static std::string describe(int c) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    if (c < 0) return "the end of the text";
    if (c >= 0x20 && c < 0x7F) return {'\'', static_cast<char>(c), '\''};
    return {'b', 'y', 't', 'e', ' ', '0', 'x', kHex[c >> 4], kHex[c & 15]};
  }

  std::string_view text_;
  const JsonLimits& limits_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Container> open_;
  std::optional<Error> error_;
};

}  // namespace

Result<Json> parseUntrustedJson(std::string_view text, const JsonLimits& limits) {
  return GateParser(text, limits).parse();
}

}  // namespace checkout

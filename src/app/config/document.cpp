#include "app/config/document.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/json_gate.hpp"

namespace checkout::app {
namespace {

constexpr JsonLimits kLimits{.maxBytes = 16 * 1024 * 1024,
                             .maxDepth = 32,
                             .maxNodes = 500'000,
                             .maxString = 8 * 1024,
                             .maxMembers = 1'000};

int lineAt(std::string_view text, std::size_t offset) {
  return 1 +
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

// In bytes, from 1, as editors jump to it.
std::size_t columnAt(std::string_view text, std::size_t offset) {
  const std::size_t lineBreak = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  return lineBreak == std::string_view::npos ? offset + 1 : offset - lineBreak;
}

// What stands there, for people: a key that is repeated is named.
std::string foundAt(std::string_view text, std::size_t offset, const std::string& found) {
  const std::size_t end = text.find('"', offset + 1);
  if (found != "a repeated key" || end == std::string_view::npos) return found;
  return "the key " + std::string(text.substr(offset, end + 1 - offset)) + " once more";
}

// Walks text that is known to be JSON, of bounded depth, and notes the line of every value.
class LineScanner {
 public:
  LineScanner(std::string_view text, std::map<std::string, int>& lines) : text_(text), lines_(lines) {
    value("");
  }

 private:
  char skipSpace() {
    for (;; ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != ' ' && text_[at_] != '\n' && text_[at_] != '\t' && text_[at_] != '\r')
        return text_[at_];
    }
  }

  std::string_view string() {
    const std::size_t start = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    return text_.substr(start, ++at_ - start);
  }

  void value(const std::string& pointer) {
    const char first = skipSpace();
    lines_.emplace(pointer, line_);  // a member's line is its key's: that one came first
    if (first == '{') return object(pointer);
    if (first == '[') return array(pointer);
    if (first == '"') return static_cast<void>(string());
    while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos)
      ++at_;
  }

  void object(const std::string& pointer) {
    ++at_;
    while (skipSpace() != '}') {
      const int keyLine = line_;
      const std::string key = Json::parse(string()).get<std::string>();
      const std::string member = pointer + '/' + escapePointer(key);
      lines_.emplace(member, keyLine);
      skipSpace();
      ++at_;  // ':'
      value(member);
      if (skipSpace() == ',') ++at_;
    }
    ++at_;
  }

  void array(const std::string& pointer) {
    ++at_;
    for (int index = 0; skipSpace() != ']'; ++index) {
      value(pointer + '/' + std::to_string(index));
      if (skipSpace() == ',') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::map<std::string, int>& lines_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::string escapePointer(std::string_view key) {
  std::string escaped;
  for (const char c : key) {
    if (c == '~')
      escaped.append("~0");
    else if (c == '/')
      escaped.append("~1");
    else
      escaped.push_back(c);
  }
  return escaped;
}

std::string toString(const ConfigProblem& problem) {
  std::string text = problem.file;
  if (problem.line > 0) text.append(":").append(std::to_string(problem.line));
  text.append(": ");
  if (!problem.pointer.empty()) text.append(problem.pointer).append(": ");
  text.append(problem.message);
  if (!problem.hint.empty()) text.append(" (").append(problem.hint).append(")");
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';  // a file can't write to our terminal
  return text;
}

std::optional<Document> Document::parse(std::string text, std::string name, std::filesystem::path folder,
                                        std::vector<ConfigProblem>& problems) {
  auto json = parseUntrustedJson(text, kLimits);
  if (!json.ok()) {
    const Json& details = json.error().details;
    const std::size_t offset = std::min(details["offset"].get<std::size_t>(), text.size());
    problems.push_back({std::move(name), lineAt(text, offset), "",
                        "invalid JSON in column " + std::to_string(columnAt(text, offset)) + ": expected " +
                            details["expected"].get<std::string>() + ", found " +
                            foundAt(text, offset, details["found"].get<std::string>()),
                        ""});
    return std::nullopt;
  }
  Document document;
  document.text_ = std::move(text);
  document.name_ = std::move(name);
  document.folder_ = std::move(folder);
  document.json_ = std::move(*json);
  return document;
}

std::optional<std::string> Document::readText(const std::filesystem::path& path,
                                              std::vector<ConfigProblem>& problems) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kLimits.maxBytes + 1, '\0');
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored)) {
    problems.push_back(
        {path.string(), 0, "", "The file can't be read.", "check the path and its permissions"});
    return std::nullopt;
  }
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.rfind("\xEF\xBB\xBF", 0) == 0) text.erase(0, 3);  // editors on Windows begin files with a mark
  return text;
}

std::optional<Document> Document::read(const std::filesystem::path& path,
                                       std::vector<ConfigProblem>& problems) {
  auto text = readText(path, problems);
  if (!text) return std::nullopt;
  return parse(std::move(*text), path.string(), path.parent_path(), problems);
}

std::filesystem::path Document::resolve(const std::string& path) const {
  return folder_ / path;
}

int Document::lineOf(std::string pointer) const {
  if (lines_.empty()) LineScanner(text_, lines_);
  for (;; pointer.resize(pointer.rfind('/')))  // what is missing belongs where its parent stands
    if (const auto found = lines_.find(pointer); found != lines_.end()) return found->second;
}

ConfigProblem Document::problem(std::string pointer, std::string message, std::string hint) const {
  const int line = lineOf(pointer);
  return {name_, line, std::move(pointer), std::move(message), std::move(hint)};
}

Node Node::operator[](const std::string& key) const {
  if (!isObject()) return {*document_, nullptr, pointer_};
  const auto member = value_->find(key);
  if (member == value_->end()) return {*document_, nullptr, pointer_};
  return {*document_, &*member, pointer_ + '/' + escapePointer(key)};
}

std::vector<Node> Node::items() const {
  std::vector<Node> nodes;
  if (value_ == nullptr || !value_->is_array()) return nodes;
  for (std::size_t i = 0; i < value_->size(); ++i)
    nodes.push_back({*document_, &(*value_)[i], pointer_ + '/' + std::to_string(i)});
  return nodes;
}

std::optional<std::string> Node::text() const {
  if (value_ == nullptr || !value_->is_string()) return std::nullopt;
  return value_->get<std::string>();
}

std::optional<std::int64_t> Node::integer() const {
  if (value_ == nullptr || !value_->is_number_integer()) return std::nullopt;
  return value_->get<std::int64_t>();
}

std::optional<bool> Node::boolean() const {
  if (value_ == nullptr || !value_->is_boolean()) return std::nullopt;
  return value_->get<bool>();
}

std::vector<std::string> Node::texts() const {
  std::vector<std::string> found;
  for (const Node& item : items())
    if (auto text = item.text()) found.push_back(std::move(*text));
  return found;
}

}  // namespace checkout::app

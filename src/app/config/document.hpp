// A JSON file that people edit: its value, and the line on which each part of it stands.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/result.hpp>

namespace checkout::app {

// What is wrong with a configuration, and where.
struct ConfigProblem {
  std::string file;
  int line = 0;         // 1-based; 0 where the file itself could not be read
  std::string pointer;  // JSON Pointer (RFC 6901); empty: the whole file
  std::string message;  // what was expected and what is there
  std::string hint;     // what to do; may be empty
};
std::string toString(const ConfigProblem& problem);  // "FILE:LINE: /pointer: message (hint)"

class Document {
 public:
  // Parses `text`; where that fails, the error's problem says on which line. `name` is for messages only;
  // relative paths in the document start at `folder`.
  static std::optional<Document> parse(std::string text, std::string name, std::filesystem::path folder,
                                       std::vector<ConfigProblem>& problems);
  static std::optional<Document> read(const std::filesystem::path& path,
                                      std::vector<ConfigProblem>& problems);
  static std::optional<std::string> readText(const std::filesystem::path& path,
                                             std::vector<ConfigProblem>& problems);

  const Json& json() const { return json_; }
  const std::string& name() const { return name_; }
  std::filesystem::path resolve(const std::string& path) const;
  ConfigProblem problem(std::string pointer, std::string message, std::string hint = {}) const;

 private:
  int lineOf(std::string pointer) const;

  std::string text_, name_;
  std::filesystem::path folder_;
  Json json_;
  mutable std::map<std::string, int> lines_;  // filled when the first problem asks
};

// A part of a document. Reading a member that is absent or of another type yields nothing; the schema check
// reports those.
class Node {
 public:
  explicit Node(const Document& document) : Node(document, &document.json(), "") {}

  bool exists() const { return value_ != nullptr; }
  bool isObject() const { return value_ && value_->is_object(); }
  Node operator[](const std::string& key) const;  // an absent one stands where its parent does
  std::vector<Node> items() const;                // of an array; empty for anything else
  std::optional<std::string> text() const;
  std::optional<std::int64_t> integer() const;
  std::optional<bool> boolean() const;
  std::vector<std::string> texts() const;  // the strings of an array

  const Document& document() const { return *document_; }
  ConfigProblem problem(std::string message, std::string hint = {}) const {
    return document_->problem(pointer_, std::move(message), std::move(hint));
  }

 private:
  Node(const Document& document, const Json* value, std::string pointer)
      : document_(&document), value_(value), pointer_(std::move(pointer)) {}

  const Document* document_;
  const Json* value_;  // nullptr: absent
  std::string pointer_;
};

std::string escapePointer(std::string_view key);  // "a/b" → "a~1b"

}  // namespace checkout::app

// Resources as the protocol engine sees them: families of addresses (RFC 6570 templates) that can be read,
// and perhaps watched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <checkout/completion.hpp>
#include <checkout/json.hpp>
#include <checkout/tool.hpp>

namespace checkout {

struct ResourceDescriptor {
  // "checkout://{tenant_id}/sagas/{sagaId}". Each {name} stands for one or more characters other than '/'. An
  // address without any is a single resource, which resources/list shows.
  std::string uriTemplate;
  std::string name, title, description, mimeType;
};

struct ResourceContents {
  std::string mimeType;
  std::string bytes;
  bool isText = true;      // UTF-8; otherwise it travels as base64
  std::int64_t ttlMs = 0;  // how long it may be thought fresh
  bool isPrivate = true;   // false: the same for every caller
};

// Thread-safe.
class ResourceFamily {
 public:
  virtual ~ResourceFamily() = default;
  virtual const ResourceDescriptor& descriptor() const = 0;
  // The names of the template with their values, percent-decoded. nullopt: there is no such resource; one
  // that the caller may not see is answered alike.
  virtual Result<std::optional<ResourceContents>> read(const NamedValues& names,
                                                       const Principal& caller) const = 0;
  // Does it exist, and is it announced when it changes?
  virtual Result<bool> isWatchable(const NamedValues&, const Principal&) const { return false; }
  virtual Result<Completions> complete(const CompletionQuery&, const Principal&) const {
    return Completions{};
  }
};

// Something was changed that subscribers may read again.
struct ResourceChange {
  std::string uri;
  Json about;  // an object of _meta members that say what happened; null: nothing more is known
};

}  // namespace checkout

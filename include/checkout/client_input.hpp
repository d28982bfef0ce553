// Asking the client something while its request is served: what the customer approves, where a page is to be
// opened. A tool or prompt is written once: it gives back InputNeeded and is called again, from its
// beginning, with the answers. How they travel is the protocol engine's affair (2026-07-28: multi round-trip
// requests; before: requests from the server).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <checkout/json.hpp>

namespace checkout {

// What a client declared that it can be asked for.
struct ClientFeatures {
  bool elicitForm = false;  // a form of flat fields
  bool elicitUrl = false;   // open a page
  bool sampling = false;
  bool roots = false;
};

struct InputRequest {
  std::string key;     // names its answer; unique within one InputNeeded
  std::string method;  // elicitation/create, sampling/createMessage, roots/list
  Json params = Json::object();
};

// A form: `schema` is of type object with primitive properties only (MCP, client/elicitation). Never for
// secrets.
inline InputRequest elicitForm(std::string key, const std::string& message, Json schema) {
  return {std::move(key),
          "elicitation/create",
          {{"mode", "form"}, {"message", message}, {"requestedSchema", std::move(schema)}}};
}
// A page that the customer opens: what is typed there stays there.
inline InputRequest elicitUrl(std::string key, const std::string& message, const std::string& url) {
  return {std::move(key), "elicitation/create", {{"mode", "url"}, {"message", message}, {"url", url}}};
}

struct InputNeeded {
  std::vector<InputRequest> requests;
  // Comes back as ClientInput::state of the next round and can't be forged. null: none.
  Json state;
};

enum class ElicitAction { Accept, Decline, Cancel };
struct ElicitAnswer {
  ElicitAction action = ElicitAction::Cancel;
  Json content = Json::object();  // what the form held; conforms to nothing yet
};

// What came with this round of a request. Answers are whatever the client sent, so check them; the state is
// our own.
struct ClientInput {
  Json responses = Json::object();
  Json state;  // null in the first round, or where the round before kept none

  const Json* answer(const std::string& key) const {
    const auto found = responses.find(key);
    return found == responses.end() ? nullptr : &*found;
  }
  // nullopt: there is none, or it is malformed; ask again.
  std::optional<ElicitAnswer> elicited(const std::string& key) const;
};

}  // namespace checkout

// What a client, a holder and a relay between them say, for tests of the relay's memory.
#pragma once

#include <gmock/gmock.h>

#include "transport/relay_session.hpp"

namespace checkout::transport::relayed {

inline std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0, end; (end = text.find('\n', start)) != std::string::npos; start = end + 1)
    lines.push_back(text.substr(start, end - start));
  return lines;
}

inline std::string request(const Json& id, const std::string& method, Json params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}.dump();
}
inline std::string notification(const std::string& method, Json params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}}.dump();
}
inline std::string answer(const Json& id, const Json& result = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"result", result}}.dump();
}
inline std::string refusal(const Json& id) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", -32602}, {"message", "no"}}}}.dump();
}
inline std::string call(const Json& id, const std::string& tool, const Json& meta = Json::object()) {
  return request(id, "tools/call", {{"name", tool}, {"arguments", Json::object()}, {"_meta", meta}});
}
inline std::string updated(const std::string& uri) {
  return notification("notifications/resources/updated", {{"uri", uri}});
}
inline std::string listen(const Json& id) {
  return request(id, "subscriptions/listen", {{"notifications", {{"resourceSubscriptions", {"a:1"}}}}});
}
inline std::string acknowledged(const Json& id) {
  return notification("notifications/subscriptions/acknowledged",
                      {{"_meta", {{"io.modelcontextprotocol/subscriptionId", id}}},
                       {"notifications", {{"resourceSubscriptions", {"a:1"}}}}});
}

inline const std::string kInitialize = request("i", "initialize", {{"protocolVersion", "2025-11-25"}});
inline const std::string kInitialized = notification("notifications/initialized");

// A tool is named for what may be done with a lost call of it.
inline std::optional<Error> lostCall(std::string_view tool) {
  if (tool == "look") return std::nullopt;
  return Error(ErrorCode::ServiceUnavailable, "Look first.");
}

class RelaySessionTest : public ::testing::Test {
 protected:
  // What the holder gets now, all of it written.
  std::vector<std::string> sent() {
    std::string all;
    for (std::string_view rest; !(rest = session_.forHolder()).empty();) {
      all += rest;
      session_.sentToHolder(rest.size());
    }
    return linesOf(all);
  }
  std::vector<std::string> told() { return linesOf(session_.takeForClient()); }

  void client(const std::string& line) { session_.fromClient(line); }
  void holder(const std::string& line) { session_.fromHolder(line); }
  // The client says it, and the holder answers it.
  void exchanged(const std::string& asked, const std::string& answered) {
    client(asked);
    EXPECT_THAT(sent(), ::testing::ElementsAre(asked));
    holder(answered);
    EXPECT_THAT(told(), ::testing::ElementsAre(answered));
  }
  void sentOff(const std::string& line) {
    client(line);
    EXPECT_THAT(sent(), ::testing::ElementsAre(line));
  }
  void shakeHands() {
    exchanged(kInitialize, answer("i", {{"protocolVersion", "2025-11-25"}}));
    sentOff(kInitialized);
  }

  RelaySession session_{lostCall};
};

inline std::string cancelled(const Json& id) {
  return notification("notifications/cancelled", {{"requestId", id}});
}
inline std::string batchOf(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "[" : ",") + part;
  return all + "]";
}

}  // namespace checkout::transport::relayed

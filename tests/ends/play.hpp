// Plays one request of one client through every step, with ends that happen at the steps the play names, and
// then looks whether anything is left, anybody else was disturbed, or anything was done or said twice.
// A transport joins in as a Channel.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <checkout/clock.hpp>
#include <checkout/json.hpp>

#include "mcp/server.hpp"

namespace checkout::ends {

// The steps of a request. Not every request comes to each.
enum class Stage { Accepted, Queued, Begun, Asking, Told, Announced, Answered };
inline constexpr std::array kStages{Stage::Accepted, Stage::Queued,    Stage::Begun,   Stage::Asking,
                                    Stage::Told,     Stage::Announced, Stage::Answered};
const char* nameOf(Stage stage);

inline constexpr std::array kRevisions{"2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
bool isModern(const std::string& revision);

struct Kind {
  std::string name, method;
  Json params = Json::object();
  enum class Era { Both, Modern, Handshake, Batches } era = Era::Both;
  bool existsIn(const std::string& revision) const;
  // The message with id 5, as a client of that revision sends it.
  Json message(const std::string& revision) const;
};
const std::vector<Kind>& kinds();

struct TurnedClock final : Clock {
  TimePoint time = fromUnixMillis(1'800'000'000'000);
  TimePoint now() const override { return time; }
};

// The server that all plays share, and a client of it that is never to notice any of them. One thread.
class World {
 public:
  World();
  ~World();

  mcp::Server& server() { return *server_; }
  void reach(Stage stage) { at_(stage); }
  void announce();
  void letTimePass();  // more than a client may take to answer

  // One play: `at` is called at each step.
  void begin(std::function<void(Stage)> at);
  // What is wrong after it, once its client is gone; empty: nothing. Counts from zero again.
  std::string judge();

 private:
  struct Bystander;
  std::function<void(Stage)> at_ = [](Stage) {};
  TurnedClock clock_;
  std::unique_ptr<mcp::Server> server_;
  std::unique_ptr<Bystander> bystander_;
  int effects_ = 0, announced_ = 0;
};

// One client of one transport, for one play.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual void open(const std::string& revision) = 0;  // the handshake, if the revision has one
  virtual void send(const Kind& kind) = 0;             // the request, up to where it waits or is answered
  virtual void respond() = 0;                          // answers whatever the server has asked
  virtual void leave() = 0;                            // as every client does in the end
  virtual int answers() const = 0;                     // how often the request was answered
  virtual std::string leftOpen() const = 0;            // what the transport still holds; empty: nothing
};

// A way to leave, or to stop working. `harmless`: the request is answered all the same.
struct End {
  std::string name;
  std::function<void(Channel&)> happens;
  bool harmless = false;
};

struct Transport {
  std::function<std::unique_ptr<Channel>(World&)> connect;
  std::vector<End> ends;
};

// Every kind of request in every revision, with every end at every step; then `triples` plays of three ends
// at three steps, drawn by `seed`. Stops at the tenth failure, and names each play that fails.
void playAll(const Transport& transport, unsigned seed, int triples = 5'000);

}  // namespace checkout::ends

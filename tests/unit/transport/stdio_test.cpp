#include "transport/stdio.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/line_reader.hpp"
#include "unit/mcp/fake_features.hpp"

namespace checkout::transport {
namespace {

using mcp::testing::Body;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) std::abort();
  }
  ~Pipe() {
    closeRead();
    closeWrite();
  }
  int read() const { return ends_[0]; }
  int write() const { return ends_[1]; }
  void closeRead() { shut(ends_[0]); }
  void closeWrite() { shut(ends_[1]); }

 private:
  static void shut(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int ends_[2];
};

// A server over two pipes, and the client's ends of them.
class Served {
 public:
  explicit Served(Body busy = mcp::testing::echo, StdioOptions options = {})
      : server_(mcp::testing::fakeInfo(), mcp::testing::fakeFeatures(std::move(busy))),
        thread_([this, options] {
          serveStdio(server_, in_.read(), out_.write(), stop_.read(), options);
          out_.closeWrite();
        }) {}
  ~Served() {
    in_.closeWrite();
    thread_.join();
  }

  void sendRaw(std::string_view bytes) {
    while (!bytes.empty())
      bytes.remove_prefix(static_cast<std::size_t>(::write(in_.write(), bytes.data(), bytes.size())));
  }
  void send(const Json& message) { sendRaw(message.dump() + "\n"); }
  void request(const Json& id, const std::string& method, Json params = Json::object()) {
    params["_meta"] = mcp::testing::modernMeta();
    send({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
  }
  void call(const Json& id, Json arguments = Json::object()) {
    request(id, "tools/call", {{"name", "busy"}, {"arguments", std::move(arguments)}});
  }

  std::string nextLine() {  // empty at the end
    while (buffer_.find('\n') == std::string::npos) {
      char chunk[4096];
      const ssize_t size = ::read(out_.read(), chunk, sizeof chunk);
      if (size <= 0) return {};
      buffer_.append(chunk, static_cast<std::size_t>(size));
    }
    const auto end = buffer_.find('\n');
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
  }
  Json next() { return Json::parse(nextLine()); }

  Pipe in_, out_, stop_;

 private:
  mcp::Server server_;
  std::string buffer_;
  std::thread thread_;
};

TEST(Stdio, AnswersEachMessageOnOneLine) {
  Served served;
  served.request(1, "tools/list");
  const std::string line = served.nextLine();  // although the descriptors hold line breaks
  EXPECT_EQ(Json::parse(line)["result"]["tools"].size(), 3u);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

TEST(Stdio, HandlesTheHandshakeInOrder) {
  Served served;
  served.sendRaw(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})"
                 "\n"
                 R"({"jsonrpc":"2.0","method":"notifications/initialized"})"
                 "\r\n\n  \n"
                 R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})"
                 "\n");
  EXPECT_EQ(served.next()["result"]["protocolVersion"], "2025-11-25");
  EXPECT_EQ(served.next()["id"], 2);
}

TEST(Stdio, GoesOnAfterALineThatIsNoJson) {
  Served served;
  served.sendRaw("hello\n");
  EXPECT_EQ(served.next()["error"]["code"], -32700);
  served.request(2, "server/discover");
  EXPECT_EQ(served.next()["id"], 2);
}

TEST(Stdio, SkipsALineThatIsTooLong) {
  Served served;
  served.sendRaw(std::string(300 * 1024, 'x'));
  const Json refused = served.next();  // before the line has ended
  EXPECT_EQ(refused["error"]["code"], -32700);
  served.sendRaw(std::string(300 * 1024, 'x') + "\n");
  served.request(2, "server/discover");
  EXPECT_EQ(served.next()["id"], 2);
}

TEST(Stdio, AnswersInTheOrderInWhichCallsFinish) {
  std::promise<void> released;
  auto release = released.get_future().share();
  Served served([&](const Json& arguments, CallContext&) -> Result<Json> {
    if (arguments.contains("wait")) release.wait();
    return Json::object();
  });
  served.call("slow", {{"wait", true}});
  served.call("quick");
  EXPECT_EQ(served.next()["id"], "quick");
  released.set_value();
  EXPECT_EQ(served.next()["id"], "slow");
}

TEST(Stdio, FinishesCallsInFlightWhenTheInputEnds) {
  std::promise<void> started, released;
  auto release = released.get_future().share();
  Served served([&](const Json&, CallContext&) -> Result<Json> {
    started.set_value();
    release.wait();
    return Json::object();
  });
  served.sendRaw(mcp::testing::modern("tools/call", {{"name", "busy"}}).dump());  // no line end
  served.in_.closeWrite();
  started.get_future().wait();
  released.set_value();
  EXPECT_TRUE(served.next().contains("result"));
  EXPECT_EQ(served.nextLine(), "");
}

TEST(Stdio, FinishesCallsInFlightWhenToldToStop) {
  std::promise<void> started, released;
  auto release = released.get_future().share();
  Served served([&](const Json&, CallContext&) -> Result<Json> {
    started.set_value();
    release.wait();
    return Json::object();
  });
  served.call(1);
  started.get_future().wait();
  served.stop_.closeWrite();
  released.set_value();
  EXPECT_EQ(served.next()["id"], 1);
  EXPECT_EQ(served.nextLine(), "");
}

TEST(Stdio, CancelsACallThatIsRunning) {
  std::promise<void> started;
  Served served([&](const Json& arguments, CallContext& context) -> Result<Json> {
    if (!arguments.contains("wait")) return Json::object();
    started.set_value();
    while (!context.isCancelled()) std::this_thread::yield();
    return Json::object();
  });
  served.call("slow", {{"wait", true}});
  started.get_future().wait();
  served.send(
      {{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}, {"params", {{"requestId", "slow"}}}});
  served.call("next");
  EXPECT_EQ(served.next()["id"], "next");
  served.in_.closeWrite();
  EXPECT_EQ(served.nextLine(), "");  // and nothing for the cancelled one
}

TEST(Stdio, SendsProgressBeforeTheAnswer) {
  Served served([](const Json&, CallContext& context) -> Result<Json> {
    context.reportProgress(1, 2, "half");
    return Json::object();
  });
  Json message = mcp::testing::modern("tools/call", {{"name", "busy"}});
  message["params"]["_meta"]["progressToken"] = 9;
  served.send(message);
  EXPECT_EQ(served.next()["params"]["progressToken"], 9);
  EXPECT_TRUE(served.next().contains("result"));
}

TEST(Stdio, ServesMoreCallsThanItQueues) {
  Served served(mcp::testing::echo, {.workers = 2, .maxQueued = 1});
  for (int id = 0; id < 200; ++id) served.call(id);
  std::map<int, int> answers;
  for (int i = 0; i < 200; ++i) ++answers[served.next()["id"].get<int>()];
  EXPECT_EQ(answers.size(), 200u);
}

TEST(Stdio, EndsQuietlyWhenTheClientIsGone) {
  Served served;
  served.out_.closeRead();
  served.request(1, "server/discover");
}  // joins although the input is still open

TEST(Stdio, DoesNotWaitForeverForAClientThatDoesNotRead) {
  Served served(mcp::testing::echo, {.writeGrace = Milliseconds(1)});
  // The requests fit into their pipe, the answers do not fit into theirs.
  for (int id = 0; id < 200; ++id) served.request(id, "tools/list");
  served.stop_.closeWrite();
}

// A connection over a socket, as relays have it: nobody tells it to stop, it only sees the end of its input.
class ServedSocket {
 public:
  explicit ServedSocket(Body busy, StdioOptions options)
      : server_(mcp::testing::fakeInfo(), mcp::testing::fakeFeatures(std::move(busy))) {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()) != 0) std::abort();
    served_ = std::async(std::launch::async,
                         [this, options] { serveStdio(server_, ends_[1], ends_[1], -1, options); });
  }
  ~ServedSocket() {
    ::close(ends_[0]);
    if (served_.valid()) served_.wait();
    ::close(ends_[1]);
  }
  int client() const { return ends_[0]; }
  // Until the other side reads no more.
  void fill(const std::string& line) {
    while (::send(client(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
  }
  void waitForTheEnd() { served_.get(); }

 private:
  mcp::Server server_;
  std::array<int, 2> ends_{};
  std::future<void> served_;
};

std::string listRequest() {
  return mcp::testing::modern("tools/list", Json::object()).dump() + "\n";
}

TEST(Stdio, AClientThatNeitherReadsNorSaysMoreEndsItAfterTheGrace) {
  ServedSocket served(mcp::testing::echo, {.writeGrace = Milliseconds(20)});
  for (int i = 0; i < 20; ++i) served.fill(listRequest());
  ::shutdown(served.client(), SHUT_WR);
  served.waitForTheEnd();
}

TEST(Stdio, ReadsNoFurtherThanItsAnswersAreRead) {
  const int kAnswers = 300;
  ServedSocket served(
      [](const Json&, CallContext&) -> Result<Json> {
        return Json{{"x", std::string(50'000, 'x')}};
      },
      {.workers = 2, .maxQueued = 2});
  std::thread client([&] {
    const std::string call = mcp::testing::modern("tools/call", {{"name", "busy"}}).dump() + "\n";
    for (int i = 0; i < kAnswers; ++i)
      EXPECT_EQ(::send(served.client(), call.data(), call.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(call.size()));
    ::shutdown(served.client(), SHUT_WR);
  });
  int lines = 0;
  char chunk[64 * 1024];
  for (ssize_t size; (size = ::recv(served.client(), chunk, sizeof chunk, 0)) > 0;) {
    lines += static_cast<int>(std::count(chunk, chunk + size, '\n'));
    if (lines == kAnswers) break;
  }
  client.join();
  EXPECT_EQ(lines, kAnswers);
  served.waitForTheEnd();
}

// What was still in the pool when its connection ended registered afterwards, and wrote to a writer that was
// gone.
TEST(Stdio, WhoeverListensAsItsConnectionEndsLeavesNothingBehind) {
  std::promise<void> release;
  const auto freed = release.get_future().share();
  auto features = mcp::testing::fakeFeatures([freed](const Json&, CallContext&) -> Result<Json> {
    freed.wait();
    return Json::object();
  });
  features.resources.push_back(std::make_unique<mcp::testing::FakeMemos>());
  const char* const watched = "memo://inbox/a%20b";
  const mcp::Server server(mcp::testing::fakeInfo(), std::move(features));
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  auto served = std::async(
      std::launch::async, [&] { serveStdio(server, ends[1], ends[1], -1, {.workers = 1, .maxQueued = 64}); });
  std::string lines = mcp::testing::modern("tools/call", {{"name", "busy"}}).dump() + "\n";
  for (int i = 0; i < 40; ++i) {
    Json listen = mcp::testing::modern(
        "subscriptions/listen", {{"notifications", {{"resourceSubscriptions", Json::array({watched})}}}});
    listen["id"] = i;
    lines += listen.dump() + "\n";
  }
  ASSERT_EQ(::send(ends[0], lines.data(), lines.size(), MSG_NOSIGNAL), static_cast<ssize_t>(lines.size()));
  ::shutdown(ends[0], SHUT_WR);
  release.set_value();
  served.wait();
  server.announce({watched, {}});
  ::close(ends[1]);
  std::string all;
  char chunk[4096];
  for (ssize_t size; (size = ::recv(ends[0], chunk, sizeof chunk, 0)) > 0;)
    all.append(chunk, static_cast<std::size_t>(size));
  ::close(ends[0]);
  EXPECT_THAT(all, Not(HasSubstr("resources/updated")));
}

TEST(LineReader, HoldsAtMostOneLineOfTheLargestSize) {
  std::vector<std::string> lines;
  int tooLong = 0;
  LineReader reader(4, {[&](std::string_view line) { lines.emplace_back(line); }, [&] { ++tooLong; }});
  reader.feed("ab");
  reader.feed("cd\nabcde");
  reader.feed("fgh");
  reader.feed("i\n\n \r\nxy");
  reader.finish();
  EXPECT_THAT(lines, ElementsAre("abcd", "xy"));
  EXPECT_EQ(tooLong, 1);
}

}  // namespace
}  // namespace checkout::transport

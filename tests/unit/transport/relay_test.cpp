#include "transport/relay.hpp"

#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/local_listener.hpp"
#include "transport/stdio.hpp"
#include "unit/mcp/fake_tools.hpp"

namespace checkout::transport {
namespace {

namespace fs = std::filesystem;

// A thing that threads wait for.
class Gate {
 public:
  void open() { promise_.set_value(); }
  void pass() const { opened_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_ = promise_.get_future().share();
};

std::optional<Error> neverAgain(std::string_view) {
  return Error(ErrorCode::ServiceUnavailable, "Look first.");
}

// A relay on its own thread between a client, which is the test, and holders that come and go.
class RelayTest : public ::testing::Test {
 protected:
  RelayTest() {
    std::string pattern = (fs::temp_directory_path() / "relay-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "s.sock").string();
    for (auto& pair : {&input_, &output_})
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->data()) != 0) std::abort();
  }
  ~RelayTest() override {
    isOver_ = true;
    endInput();
    if (relay_.valid()) relay_.wait();
    for (const int fd : {input_[0], output_[0], output_[1], stop_}) ::close(fd);
    fs::remove_all(folder_);
  }

  // A holder with the tool `busy`. Its end is an orderly one.
  struct Holder {
    Holder(const std::string& path, mcp::testing::Body busy)
        : server(mcp::testing::fakeInfo(), mcp::testing::fakeFeatures(std::move(busy))),
          listener(LocalListener::listen(path, 4, [this](int connection, int) {
                     StdioOptions options;
                     options.workers = options.maxQueued = 2;
                     options.writeGrace = Milliseconds(50);
                     serveStdio(server, connection, connection, -1, options);
                   }).value()) {}
    mcp::Server server;
    std::unique_ptr<LocalListener> listener;
  };
  std::unique_ptr<Holder> holder(mcp::testing::Body busy = mcp::testing::echo) {
    return std::make_unique<Holder>(path_, std::move(busy));
  }

  // Whoever listens, as soon as somebody does.
  Result<std::optional<Descriptor>> connectToNext() {
    while (!isOver_) {
      auto connection = connectLocally(path_, Milliseconds(1000));
      if (!connection.ok() || connection->has_value()) return connection;
      std::this_thread::yield();
    }
    return std::optional<Descriptor>{};
  }
  void start() {
    start([this] { return connectToNext(); });
  }
  void start(ConnectToHolder connect, RelayOptions options = {}) {
    relay_ = std::async(std::launch::async, [this, options, connect = std::move(connect)] {
      auto ended = relay(input_[0], output_[1], stop_, session_, connect, options);
      ::shutdown(output_[1], SHUT_WR);
      return ended;
    });
  }
  Result<void> ended() { return relay_.get(); }
  void endInput() {
    if (input_[1] >= 0) ::close(std::exchange(input_[1], -1));
  }

  void send(const std::string& line) {
    const std::string bytes = line + "\n";
    for (std::string_view rest = bytes; !rest.empty();)
      rest.remove_prefix(static_cast<std::size_t>(::write(input_[1], rest.data(), rest.size())));
  }
  void call(int id, Json arguments = Json::object()) {
    const Json params = {
        {"name", "busy"}, {"arguments", std::move(arguments)}, {"_meta", mcp::testing::modernMeta()}};
    send(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", "tools/call"}, {"params", params}}.dump());
  }
  std::optional<Json> next() {  // nullopt at the end
    while (buffer_.find('\n') == std::string::npos) {
      char chunk[64 * 1024];
      const ssize_t size = ::read(output_[0], chunk, sizeof chunk);
      if (size <= 0) return std::nullopt;
      buffer_.append(chunk, static_cast<std::size_t>(size));
    }
    const auto end = buffer_.find('\n');
    Json message = Json::parse(buffer_.substr(0, end));
    buffer_.erase(0, end + 1);
    return message;
  }

  fs::path folder_;
  std::string path_;
  std::array<int, 2> input_{},
      output_{};  // of the relay; [1] of the input and [0] of the output are the client's
  int stop_ = ::eventfd(0, EFD_CLOEXEC);
  RelaySession session_{neverAgain};
  std::string buffer_;
  std::atomic<bool> isOver_ = false;
  std::future<Result<void>> relay_;
};

TEST_F(RelayTest, ServesAClientByAnotherProcess) {
  const auto serving = holder();
  start();
  call(1, {{"x", "y"}});
  EXPECT_EQ((*next())["result"]["structuredContent"]["echo"]["x"], "y");
  send("no message");
  EXPECT_EQ((*next())["error"]["code"], -32700);
  send(std::string(300 * 1024, 'x'));
  EXPECT_EQ((*next())["error"]["code"], -32700);
}

TEST_F(RelayTest, AnswersEverythingBeforeItEndsWithItsInput) {
  const auto serving = holder();
  start();
  for (int id = 0; id < 100; ++id) call(id);
  endInput();
  std::set<int> answered;
  while (const auto message = next()) answered.insert((*message)["id"].get<int>());
  EXPECT_EQ(answered.size(), 100u);
  EXPECT_TRUE(ended().ok());
}

TEST_F(RelayTest, FinishesWhatIsInFlightWhenItIsToldToStop) {
  Gate begun, release;
  const auto serving = holder([&](const Json&, CallContext&) -> Result<Json> {
    begun.open();
    release.pass();
    return Json::object();
  });
  start();
  call(1);
  begun.pass();
  ::eventfd_write(stop_, 1);
  release.open();
  EXPECT_TRUE(ended().ok());
  EXPECT_EQ((*next())["id"], 1);
  EXPECT_FALSE(next().has_value());
}

TEST_F(RelayTest, LosesNothingWhenTheHolderStops) {
  Gate begun, release;
  std::atomic<int> byFirst = 0, bySecond = 0;
  auto first = holder([&](const Json&, CallContext&) -> Result<Json> {
    if (++byFirst == 1) begun.open();
    release.pass();
    return Json::object();
  });
  start();
  call(1);
  begun.pass();
  auto stopping = std::async(std::launch::async, [&] { first.reset(); });
  while (fs::exists(path_)) std::this_thread::yield();
  call(2);  // it may still reach the first one, which then answers it
  release.open();
  stopping.wait();
  const auto second = holder([&](const Json&, CallContext&) -> Result<Json> {
    ++bySecond;
    return Json::object();
  });
  EXPECT_FALSE((*next())["result"].contains("isError"));
  EXPECT_FALSE((*next())["result"].contains("isError"));
  EXPECT_GE(byFirst, 1);
  EXPECT_EQ(byFirst + bySecond, 2);
}

// Lines larger than what the holder and the socket hold of them: one is cut by the stop, and its rest not
// sent.
TEST_F(RelayTest, MakesEachCallOnceAlthoughAStopCutsALine) {
  Gate busy, release;
  std::mutex mutex;
  std::map<int, int> made;
  const auto count = [&](const Json& arguments) {
    const std::lock_guard lock(mutex);
    ++made[arguments["number"].get<int>()];
    return made.size();
  };
  auto first = holder([&](const Json& arguments, CallContext&) -> Result<Json> {
    if (count(arguments) == 2) busy.open();  // its threads; as many lines wait, and it reads no further
    release.pass();
    return Json::object();
  });
  start([this] {
    auto connection = connectToNext();
    const int bytes = 1;  // the system takes it for the least that it allows
    if (connection->has_value())
      ::setsockopt((*connection)->fd(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return connection;
  });
  constexpr int kCalls = 10;
  const Json filler(18, std::string(8000, 'x'));
  for (int id = 0; id < kCalls; ++id) call(id, {{"number", id}, {"filler", filler}});
  busy.pass();
  auto late = *connectLocally(path_, Milliseconds(1000)).value();
  auto stopping = std::async(std::launch::async, [&] { first.reset(); });
  while (::send(late.fd(), "\n", 1, MSG_NOSIGNAL) == 1) std::this_thread::yield();  // until nobody reads it
  release.open();
  stopping.wait();
  const auto second = holder([&](const Json& arguments, CallContext&) -> Result<Json> {
    count(arguments);
    return Json::object();
  });
  std::set<int> answered;
  while (answered.size() < kCalls) {
    const auto message = next();
    ASSERT_TRUE(message.has_value());
    ASSERT_TRUE(message->contains("result")) << message->dump();
    EXPECT_FALSE((*message)["result"].contains("isError")) << message->dump();
    EXPECT_TRUE(answered.insert((*message)["id"].get<int>()).second);
  }
  EXPECT_EQ(made.size(), static_cast<std::size_t>(kCalls));
  for (const auto& [number, times] : made) EXPECT_EQ(times, 1) << number;
}

TEST_F(RelayTest, SaysOfACallThatDiedWithItsHolderThatItMayHaveTakenEffect) {
  std::array<int, 2> killed{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, killed.data()), 0);
  const auto serving = holder();
  // By value: the relay connects again when the holder goes, at the end of the test.
  start([this, end = killed[1], connections = 0]() mutable -> Result<std::optional<Descriptor>> {
    if (++connections == 1) return std::optional<Descriptor>(Descriptor(end));
    return connectLocally(path_, Milliseconds(1000));
  });
  call(1);
  char byte = 0;
  ASSERT_EQ(::recv(killed[0], &byte, 1, 0), 1);  // it has begun to arrive
  ::close(killed[0]);
  const Json lost = *next();
  EXPECT_EQ(lost["id"], 1);
  EXPECT_EQ(lost["result"]["structuredContent"]["error"]["message"], "Look first.");
  call(2);
  const Json answered = *next();
  EXPECT_EQ(answered["id"], 2);
  EXPECT_FALSE(answered["result"].contains("isError"));
}

TEST_F(RelayTest, EndsWhenTheClientTakesNoAnswers) {
  const auto serving = holder();
  start();
  ::shutdown(output_[0], SHUT_RD);
  call(1);
  EXPECT_TRUE(ended().ok());
}

TEST_F(RelayTest, WaitsNoLongerThanItsGraceForAClientThatDoesNotRead) {
  const auto serving = holder([](const Json&, CallContext&) -> Result<Json> {
    return Json{{"large", std::string(2'000'000, 'x')}};
  });
  RelayOptions options;
  options.writeGrace = Milliseconds(20);
  start([this] { return connectLocally(path_, Milliseconds(1000)); }, options);
  call(1);
  endInput();
  EXPECT_TRUE(ended().ok());
}

// A holder that takes what it is sent, and says nothing.
struct SilentHolder {
  SilentHolder() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    held = Descriptor(ends[0]);
    offered = Descriptor(ends[1]);
  }
  ConnectToHolder connect() {
    return [this]() -> Result<std::optional<Descriptor>> {
      return std::optional<Descriptor>(std::exchange(offered, Descriptor()));
    };
  }
  bool hears() const {
    char byte = 0;
    return ::recv(held.fd(), &byte, 1, 0) == 1;
  }
  Descriptor held, offered;
};

TEST_F(RelayTest, AStopEndsTheWaitForAHolderThatDoesNotAnswer) {
  SilentHolder silent;
  RelayOptions options;
  options.stopGrace = Milliseconds(20);
  start(silent.connect(), options);
  call(1);
  ASSERT_TRUE(silent.hears());
  ::eventfd_write(stop_, 1);
  EXPECT_TRUE(ended().ok());
}

TEST_F(RelayTest, AStopEndsThatWaitAfterTheInputHasEndedToo) {
  SilentHolder silent;
  RelayOptions options;
  options.stopGrace = Milliseconds(20);
  start(silent.connect(), options);
  call(1);
  endInput();
  ASSERT_TRUE(silent.hears());
  ::eventfd_write(stop_, 1);
  EXPECT_TRUE(ended().ok());
}

TEST_F(RelayTest, TheEndOfTheInputDoesNotWaitForEverEither) {
  SilentHolder silent;
  RelayOptions options;
  options.endPatience = Milliseconds(20);
  start(silent.connect(), options);
  call(1);
  endInput();
  EXPECT_TRUE(ended().ok());
}

TEST_F(RelayTest, LeavesAHolderThatDoesNotCloseTheConnection) {
  SilentHolder silent;
  RelayOptions options;
  options.writeGrace = Milliseconds(20);
  start(silent.connect(), options);
  endInput();  // and nothing was asked
  EXPECT_TRUE(ended().ok());
}

// The client takes a little now and then; what it is owed would take minutes.
TEST_F(RelayTest, AClientThatReadsByDripsHoldsItUpNoLongerThanTheGrace) {
  const auto serving = holder([](const Json&, CallContext&) -> Result<Json> {
    return Json{{"large", std::string(10'000'000, 'x')}};
  });
  RelayOptions options;
  options.writeGrace = Milliseconds(50);
  start([this] { return connectLocally(path_, Milliseconds(1000)); }, options);
  call(1);
  endInput();
  char some[4096];
  while (relay_.wait_for(Milliseconds(5)) != std::future_status::ready)
    (void)!::recv(output_[0], some, sizeof some, MSG_DONTWAIT);
  EXPECT_TRUE(ended().ok());
}

TEST_F(RelayTest, EndsWithTheErrorThatKeepsItFromConnecting) {
  start([]() -> Result<std::optional<Descriptor>> {
    return Error(ErrorCode::ValidationFailed, "another configuration");
  });
  const auto result = ended();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "another configuration");
}

TEST_F(RelayTest, EndsIfItIsToldToStopWhileNobodyServes) {
  start([]() -> Result<std::optional<Descriptor>> { return std::optional<Descriptor>{}; });
  EXPECT_TRUE(ended().ok());
}

}  // namespace
}  // namespace checkout::transport

#include "transport/local_socket.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace checkout::transport {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr Milliseconds kPatience{10'000};

// A connection that a test writes to byte by byte.
class RawConnection {
 public:
  explicit RawConnection(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawConnection() { ::close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  void send(std::string_view bytes) {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  std::string untilClosed() {
    std::string all;
    char buffer[4096];
    for (ssize_t size; (size = ::recv(fd_, buffer, sizeof buffer, 0)) > 0;)
      all.append(buffer, static_cast<std::size_t>(size));
    return all;
  }

 private:
  int fd_;
};

std::string shout(std::string_view line) {
  return "heard " + std::string(line);
}

class LocalSocketTest : public ::testing::Test {
 protected:
  LocalSocketTest() {
    std::string pattern = (fs::temp_directory_path() / "local-socket-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "s.sock").string();
  }
  ~LocalSocketTest() override { fs::remove_all(folder_); }

  std::unique_ptr<LocalSocket> listen(LocalSocket::Handler handler = shout,
                                      const LocalSocketOptions& options = {}) {
    auto made = LocalSocket::listen(path_, std::move(handler), options);
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made.ok() ? std::move(*made) : nullptr;
  }
  // What a killed process leaves: the file, and nobody behind it.
  void leaveStaleSocket() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }

  struct Busy;

  fs::path folder_;
  std::string path_;
};

TEST_F(LocalSocketTest, AnswersALineWithALine) {
  const auto socket = listen();
  EXPECT_EQ(askLocalSocket(path_, "hello", kPatience).value(), "heard hello");
  EXPECT_EQ(askLocalSocket(path_, "again", kPatience).value(), "heard again");
}

TEST_F(LocalSocketTest, IsClosedToOtherUsers) {
  const mode_t before = ::umask(0);
  const auto socket = listen();
  ::umask(before);
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(LocalSocketTest, TakesARequestInPiecesOrWithoutAnEnd) {
  const auto socket = listen();
  RawConnection pieces(path_);
  pieces.send("hel");
  pieces.send("lo\nand what follows is not read");
  EXPECT_EQ(pieces.untilClosed(), "heard hello\n");
}

TEST_F(LocalSocketTest, AnswersLargeAnswersWhole) {
  const auto socket = listen([](std::string_view) { return std::string(2'000'000, 'x'); });
  EXPECT_EQ(askLocalSocket(path_, "?", kPatience).value()->size(), 2'000'000u);
}

TEST_F(LocalSocketTest, ClosesWithoutAnAnswerIfARequestIsTooLong) {
  LocalSocketOptions options;
  options.maxLineBytes = 100;
  const auto socket = listen(shout, options);
  EXPECT_TRUE(askLocalSocket(path_, std::string(100, 'x'), kPatience).ok());
  const auto refused = askLocalSocket(path_, std::string(101, 'x'), kPatience);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("closed without an answer"));
}

TEST_F(LocalSocketTest, ClosesAConnectionThatSaysNothing) {
  LocalSocketOptions options;
  options.patience = Milliseconds(20);
  const auto socket = listen(shout, options);
  RawConnection silent(path_);
  EXPECT_EQ(silent.untilClosed(), "");
  RawConnection slow(path_);
  slow.send("half a requ");
  EXPECT_EQ(slow.untilClosed(), "");
}

TEST_F(LocalSocketTest, ServesSeveralAtOnceAndTurnsTheRestAway) {
  std::promise<void> bothIn, release;
  std::atomic<int> inside = 0;
  LocalSocketOptions options;
  options.maxConnections = 2;
  const auto socket = listen(
      [&, freed = release.get_future().share()](std::string_view line) {
        if (++inside == 2) bothIn.set_value();
        freed.wait();
        return std::string(line);
      },
      options);
  const auto ask = [this] { return askLocalSocket(path_, "x", kPatience); };
  auto first = std::async(std::launch::async, ask), second = std::async(std::launch::async, ask);
  bothIn.get_future().wait();
  EXPECT_FALSE(ask().ok());
  release.set_value();
  EXPECT_EQ(first.get().value(), "x");
  EXPECT_EQ(second.get().value(), "x");
}

// The file may be anybody's: what counts is who listens behind it.
TEST_F(LocalSocketTest, ALineIsNotSentToAnotherUsersProcess) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  const auto socket = listen();
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(askLocalSocket(path_, "hello", kPatience).value(), "heard hello");

  const std::string foreign = (folder_ / "foreign.sock").string();
  fs::permissions(folder_, fs::perms::all);
  std::array<int, 2> gate{};
  ASSERT_EQ(::pipe(gate.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    foreign.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const bool isReady = ::setresuid(65534, 65534, 65534) == 0 &&
                         ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                         ::listen(fd, 1) == 0;
    (void)!::write(gate[1], isReady ? "1" : "0", 1);
    ::pause();
    ::_exit(0);
  }
  char isReady = '0';
  ASSERT_EQ(::read(gate[0], &isReady, 1), 1);
  ASSERT_EQ(isReady, '1');
  ASSERT_EQ(::chown(foreign.c_str(), 0, 0), 0);
  const auto refused = askLocalSocket(foreign, "secret", kPatience);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  for (const int fd : gate) ::close(fd);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
}

TEST_F(LocalSocketTest, NobodyThereIsNoError) {
  const auto missing = askLocalSocket(path_, "x", kPatience);
  ASSERT_TRUE(missing.ok());
  EXPECT_FALSE(missing->has_value());
  leaveStaleSocket();
  const auto stale = askLocalSocket(path_, "x", kPatience);
  ASSERT_TRUE(stale.ok());
  EXPECT_FALSE(stale->has_value());
}

TEST_F(LocalSocketTest, GivesUpOnAListenerThatDoesNotAnswer) {
  std::promise<void> release;
  auto socket = listen([freed = release.get_future().share()](std::string_view line) {
    freed.wait();
    return std::string(line);
  });
  const auto late = askLocalSocket(path_, "x", Milliseconds(30));
  ASSERT_FALSE(late.ok());
  EXPECT_THAT(late.error().message, HasSubstr("in time"));
  release.set_value();
}

TEST_F(LocalSocketTest, ReplacesWhatAKilledProcessLeft) {
  leaveStaleSocket();
  const auto socket = listen();
  EXPECT_EQ(askLocalSocket(path_, "hello", kPatience).value(), "heard hello");
}

TEST_F(LocalSocketTest, LeavesAFileThatIsNoSocketAlone) {
  std::ofstream(path_) << "mine";
  const auto refused = LocalSocket::listen(path_, shout);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_TRUE(fs::is_regular_file(path_));
}

TEST_F(LocalSocketTest, RefusesAPathThatNoSocketCanHave) {
  const std::string deep = (folder_ / std::string(120, 'x')).string();
  const auto refused = LocalSocket::listen(deep, shout);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::ValidationFailed);
  EXPECT_THAT(refused.error().message, HasSubstr("too long"));
  EXPECT_FALSE(askLocalSocket(deep, "x", kPatience)->has_value());
}

// A socket whose handler is at work until it is released.
struct LocalSocketTest::Busy {
  explicit Busy(LocalSocketTest& test)
      : socket(test.listen([this, freed = release.get_future().share()](std::string_view line) {
          entered.set_value();
          freed.wait();
          return std::string(line);
        })),
        begun(std::async(std::launch::async,
                         [&test] { return askLocalSocket(test.path_, "begun", kPatience); })) {
    entered.get_future().wait();
  }
  std::promise<void> entered, release;
  std::unique_ptr<LocalSocket> socket;
  std::future<Result<std::optional<std::string>>> begun;
};

TEST_F(LocalSocketTest, SendsThoseAwayWhoWaitToBeAcceptedWhenItEnds) {
  for (int round = 0; round < 50; ++round) {
    Busy busy(*this);
    std::vector<std::unique_ptr<RawConnection>> late;  // the last ones are still in the queue when it ends
    while (late.size() < 8) late.push_back(std::make_unique<RawConnection>(path_));
    auto ending = std::async(std::launch::async, [&] { busy.socket.reset(); });
    for (const auto& connection : late) EXPECT_EQ(connection->untilClosed(), "");
    busy.release.set_value();
    ending.get();
    EXPECT_EQ(busy.begun.get().value(), "begun");
  }
}

TEST_F(LocalSocketTest, FinishesWhatItHasBegunAndRemovesItsFile) {
  Busy busy(*this);
  RawConnection silent(path_);
  auto ending = std::async(std::launch::async, [&] { busy.socket.reset(); });
  EXPECT_EQ(silent.untilClosed(), "");  // did not wait for its patience to run out
  busy.release.set_value();
  ending.get();
  EXPECT_EQ(busy.begun.get().value(), "begun");
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace checkout::transport

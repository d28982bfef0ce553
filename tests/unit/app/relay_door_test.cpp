#include "app/relay_door.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

#include "transport/line_io.hpp"

namespace checkout::app {
namespace {

using ::testing::HasSubstr;

Config demoPaidWith(std::optional<std::string> key) {
  return loadDemoConfig([&](const std::string& name) -> std::optional<std::string> {
           return name == "STRIPE_SECRET_KEY" ? key : std::nullopt;
         })
      .config;
}

TEST(Fingerprint, IsTheSameInEachProcessOfOneConfiguration) {
  EXPECT_EQ(fingerprint(demoPaidWith({})),
            fingerprint(demoPaidWith({})));  // although the simulator's keys differ
  EXPECT_EQ(fingerprint(demoPaidWith("sk_test_a")), fingerprint(demoPaidWith("sk_test_a")));
}

TEST(Fingerprint, TellsOtherAccountsAndOtherGoodsApart) {
  EXPECT_NE(fingerprint(demoPaidWith({})), fingerprint(demoPaidWith("sk_test_a")));
  EXPECT_NE(fingerprint(demoPaidWith("sk_test_a")), fingerprint(demoPaidWith("sk_test_b")));
  Config other = demoPaidWith({});
  other.digest = "of another file";
  EXPECT_NE(fingerprint(demoPaidWith({})), fingerprint(other));
}

class RelayDoorTest : public testing::Test {
 protected:
  RelayDoorTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "relay-door-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    store_ = "sqlite:" + (folder_ / "a.db").string();
  }
  ~RelayDoorTest() override { std::filesystem::remove_all(folder_); }

  // A holder of whatever release, which answers every introduction with `line` (empty: not at all).
  std::unique_ptr<transport::LocalListener> answering(const std::string& line) {
    auto listener = transport::LocalListener::listen(
        (folder_ / "a.db.mcp.sock").string(), 1, [line](int connection, int stopFd) {
          const transport::Deadline deadline(Milliseconds(10'000));
          std::string heard;
          if (transport::readLine(connection, heard, 4096, deadline, stopFd) && !line.empty())
            transport::writeLine(connection, line, deadline, stopFd);
        });
    EXPECT_TRUE(listener.ok());
    return *std::move(listener);
  }

  std::filesystem::path folder_;
  std::string store_;
  const mcp::Server server_{{"test", "Test", "1", "", ""}, {}};
};

TEST_F(RelayDoorTest, OpensForTheSameConfigurationOnly) {
  const auto door = openRelayDoor(store_, "one", server_);
  ASSERT_TRUE(door);
  const auto same = knockAtHolder(store_, "one");
  ASSERT_TRUE(same.ok()) << same.error().message;
  ASSERT_TRUE(same->has_value());
  EXPECT_EQ((*same)->process, ::getpid());
  EXPECT_EQ((*same)->version, CHECKOUT_VERSION);

  const auto other = knockAtHolder(store_, "other");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::ValidationFailed);
  EXPECT_THAT(other.error().message, HasSubstr("another configuration"));
}

TEST_F(RelayDoorTest, ServesMcpBehindTheIntroduction) {
  const auto door = openRelayDoor(store_, "one", server_);
  const auto link = knockAtHolder(store_, "one");
  ASSERT_TRUE(link.ok() && link->has_value());
  const transport::Deadline deadline(Milliseconds(10'000));
  const int connection = (*link)->connection.fd();
  std::string answer;
  ASSERT_TRUE(transport::writeLine(connection, R"({"jsonrpc":"2.0","id":1,"method":"ping"})", deadline, -1));
  ASSERT_TRUE(transport::readLine(connection, answer, 4096, deadline, -1));
  EXPECT_EQ(Json::parse(answer)["id"], 1);
}

TEST_F(RelayDoorTest, ServesAnotherReleaseOfTheSameProtocol) {
  const auto holder = answering(R"({"relay":1,"version":"9.9.9","configuration":"one","process":5})");
  const auto link = knockAtHolder(store_, "one");
  ASSERT_TRUE(link.ok() && link->has_value());
  EXPECT_EQ((*link)->version, "9.9.9");
}

TEST_F(RelayDoorTest, RefusesAReleaseOfAnotherProtocol) {
  const auto holder = answering(R"({"relay":2,"version":"9.9.9","configuration":"one","process":5})");
  const auto link = knockAtHolder(store_, "one");
  ASSERT_FALSE(link.ok());
  EXPECT_EQ(link.error().code, ErrorCode::ServiceUnavailable);
  EXPECT_THAT(link.error().message, HasSubstr("Process 5 has this store open and is of release 9.9.9"));
}

TEST_F(RelayDoorTest, RefusesWhatIsNoHolder) {
  const auto holder = answering("hello");
  const auto link = knockAtHolder(store_, "one");
  ASSERT_FALSE(link.ok());
  EXPECT_THAT(link.error().message, HasSubstr("does not answer"));
}

TEST_F(RelayDoorTest, TakesAHolderThatEndsForNobody) {
  EXPECT_FALSE(knockAtHolder(store_, "one").value().has_value());
  const auto holder = answering("");
  EXPECT_FALSE(knockAtHolder(store_, "one").value().has_value());
}

}  // namespace
}  // namespace checkout::app

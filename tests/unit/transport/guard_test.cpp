#include "transport/guard.hpp"

#include <gtest/gtest.h>

namespace checkout::transport {
namespace {

HttpHeaders with(std::string name, std::vector<std::string> values) {
  HttpHeaders headers;
  for (auto& value : values) headers.add(name, std::move(value));
  return headers;
}

const GuardPolicy kNothingElse{};
const GuardPolicy kShop{{"shop.example", "api.example:8443", "[2001:db8::1]"}, {"https://shop.example"}};

TEST(CheckHost, KnowsLoopbackNamesWithAnyPort) {
  for (const char* host :
       {"localhost", "localhost:8080", "LocalHost:1", "127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:80"})
    EXPECT_TRUE(checkHost(kNothingElse, with("Host", {host})).ok()) << host;
}

TEST(CheckHost, RefusesEveryOtherName) {
  for (const char* host : {"evil.example",
                           "localhost.evil.example",
                           "evil.localhost",
                           "127.0.0.1.evil.example",
                           "127.0.0.1:80:90",
                           "127.0.0.2",
                           "0.0.0.0",
                           "localhost:",
                           "localhost:65536",
                           "localhost:-1",
                           "localhost:80x",
                           "user@localhost",
                           "localhost@evil.example",
                           "[::1",
                           "::1",
                           "[::2]",
                           "",
                           " localhost",
                           "localhost/",
                           "localhost,evil.example",
                           "2130706433",
                           "shop.example"}) {
    const auto checked = checkHost(kNothingElse, with("Host", {host}));
    ASSERT_FALSE(checked.ok()) << host;
    EXPECT_EQ(checked.error().code, ErrorCode::Forbidden);
  }
  EXPECT_FALSE(checkHost(kNothingElse, {}).ok());
  EXPECT_FALSE(checkHost(kNothingElse, with("Host", {"localhost", "localhost"})).ok());
}

TEST(CheckHost, KnowsConfiguredNames) {
  for (const char* host :
       {"shop.example", "SHOP.example:443", "api.example:8443", "[2001:db8::1]:80", "localhost"})
    EXPECT_TRUE(checkHost(kShop, with("Host", {host})).ok()) << host;
  for (const char* host : {"api.example", "api.example:443", "www.shop.example", "shop.example.evil.example"})
    EXPECT_FALSE(checkHost(kShop, with("Host", {host})).ok()) << host;
}

TEST(CheckOrigin, LetsProgramsLoopbackAndConfiguredPagesPass) {
  EXPECT_TRUE(checkOrigin(kNothingElse, {}).ok());
  for (const char* origin : {"http://localhost", "http://localhost:6274", "https://localhost:8443",
                             "http://127.0.0.1:3000", "http://[::1]:80"})
    EXPECT_TRUE(checkOrigin(kNothingElse, with("Origin", {origin})).ok()) << origin;
  EXPECT_TRUE(checkOrigin(kShop, with("Origin", {"https://shop.example"})).ok());
}

TEST(CheckOrigin, RefusesOtherPages) {
  for (const char* origin :
       {"null", "", "https://evil.example", "http://localhost.evil.example", "http://evil.example:80",
        "http://localhost:80@evil.example", "file://", "localhost", "http://", "http://localhost/path",
        "chrome-extension://localhost", "https://shop.example"}) {
    const auto checked = checkOrigin(kNothingElse, with("Origin", {origin}));
    ASSERT_FALSE(checked.ok()) << origin;
    EXPECT_EQ(checked.error().code, ErrorCode::Forbidden);
  }
  for (const char* origin : {"http://shop.example", "https://shop.example:8443", "https://www.shop.example"})
    EXPECT_FALSE(checkOrigin(kShop, with("Origin", {origin})).ok()) << origin;
  EXPECT_FALSE(checkOrigin(kNothingElse, with("Origin", {"http://localhost", "http://localhost"})).ok());
}

TEST(IsLoopbackAddress, TellsLoopbackFromTheRest) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.10", "::1"})
    EXPECT_TRUE(isLoopbackAddress(host)) << host;
  for (const char* host :
       {"0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "example.com", "", "128.0.0.1", "::ffff:10.0.0.1"})
    EXPECT_FALSE(isLoopbackAddress(host)) << host;
}

TEST(ParseListen, ReadsHostAndPort) {
  const auto parsed = [](std::string_view text) { return parseListen(text).value(); };
  EXPECT_EQ(parsed("127.0.0.1:8080"), (ListenAddress{"127.0.0.1", 8080}));
  EXPECT_EQ(parsed("localhost:0"), (ListenAddress{"localhost", 0}));
  EXPECT_EQ(parsed("[::1]:65535"), (ListenAddress{"::1", 65535}));
  EXPECT_EQ(parsed("0.0.0.0:80"), (ListenAddress{"0.0.0.0", 80}));
}

TEST(ParseListen, SaysWhichPartIsWrong) {
  const auto message = [](std::string_view text) {
    const auto result = parseListen(text);
    if (result.ok()) return std::string("accepted");
    EXPECT_EQ(result.error().code, ErrorCode::ValidationFailed);
    return result.error().message;
  };
  EXPECT_EQ(message("8080"), R"("8080" has no port; write HOST:PORT)");
  EXPECT_EQ(message(":8080"), R"(":8080" has no host; write HOST:PORT)");
  for (const char* text :
       {"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http", "127.0.0.1:80 "})
    EXPECT_NE(message(text).find("the port must be a number from 0 to 65535"), std::string::npos) << text;
  for (const char* text :
       {"example.com:80", "::1:80", "[::1:80", "[127.0.0.1]:80", "1.2.3:80", "http://127.0.0.1:80"})
    EXPECT_NE(message(text).find("the host must be"), std::string::npos) << text;
}

}  // namespace
}  // namespace checkout::transport

#include "app/runtime.hpp"

#include <filesystem>

#include <gmock/gmock.h>

namespace checkout::app {
namespace {

std::optional<std::string> nothing(const std::string&) {
  return std::nullopt;
}

class RuntimeTest : public testing::Test {
 protected:
  RuntimeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "checkout-runtime-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~RuntimeTest() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<Runtime>> start() {
    return Runtime::start(loadDemoConfig(nothing).config,
                          {"sqlite:" + (folder_ / "a.db").string(), "http://127.0.0.1:9"});
  }
  static StockLevel stockOf(Runtime& runtime, const std::string& product) {
    return readFor<std::optional<StockLevel>>(
               runtime.store(), [&](Transaction& tx) { return tx.stock().find({"demo_store"}, {product}); })
        .value()
        .value();
  }

  std::filesystem::path folder_;
};

TEST_F(RuntimeTest, PutsTheCataloguesStockIntoTheStoreAndOnlyOnce) {
  {
    auto runtime = start();
    ASSERT_TRUE(runtime.ok()) << runtime.error().message;
    EXPECT_EQ(stockOf(**runtime, "kettle-gooseneck").free(), 2);
  }
  auto again = start();
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(stockOf(**again, "kettle-gooseneck").free(), 2);
}

TEST_F(RuntimeTest, AnswersToolCalls) {
  struct Sink final : mcp::ReplySink {
    void notify(std::string) override {}
    bool ask(std::string) override { return false; }
    void reply(mcp::Reply reply) override { body = std::move(reply.body); }
    std::string body;
  };
  auto runtime = start();
  ASSERT_TRUE(runtime.ok()) << runtime.error().message;
  const auto sink = std::make_shared<Sink>();
  const auto session = (*runtime)->server().newSession();
  (*runtime)->server().handle(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"federation_list_tenants","arguments":{},
          "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                   "io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},
                   "io.modelcontextprotocol/clientCapabilities":{}}}})",
      session, {}, sink);
  EXPECT_THAT(sink->body, testing::HasSubstr("demo_store"));
}

TEST_F(RuntimeTest, RefusesAStoreThatItDoesNotUnderstand) {
  const auto runtime = Runtime::start(loadDemoConfig(nothing).config, {"mysql:x", ""});
  ASSERT_FALSE(runtime.ok());
  EXPECT_EQ(runtime.error().code, ErrorCode::ValidationFailed);
}

}  // namespace
}  // namespace checkout::app

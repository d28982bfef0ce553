// The `stock` commands as words on a command line, and on their way to the process that has the store open.
#include <gmock/gmock.h>

#include "app/cli.hpp"

namespace checkout::app::operate {
namespace {

using StockAction = StockCommand::Action;
using testing::HasSubstr;

CommandLine parseStock(std::vector<const char*> words) {
  words.insert(words.begin(), {"checkout-mcp", "stock"});
  return parseCommandLine(static_cast<int>(words.size()), words.data(), [](const std::string& name) {
    const bool isKnown = name == "HOME" || name == "USER";
    return isKnown ? std::optional<std::string>(name == "HOME" ? "/home/grace" : "grace") : std::nullopt;
  });
}

StockCommand stockCommandOf(std::vector<const char*> words) {
  const auto line = parseStock(std::move(words));
  EXPECT_TRUE(line.options.has_value()) << line.error;
  return line.options ? line.options->stock : StockCommand{};
}

std::string mistakeIn(std::vector<const char*> words) {
  const auto line = parseStock(std::move(words));
  EXPECT_FALSE(line.options.has_value());
  EXPECT_EQ(line.exitCode, 2);
  return line.error;
}

TEST(StockCommands, AreReadFromTheCommandLine) {
  const StockCommand list = stockCommandOf({"list", "--tenant", "tea_house", "--format", "json"});
  EXPECT_EQ(list.action, StockAction::List);
  EXPECT_EQ(list.tenant.value, "tea_house");
  EXPECT_TRUE(list.asJson);

  const StockCommand set = stockCommandOf({"set", "assam", "40", "--tenant", "tea_house"});
  EXPECT_EQ(set.action, StockAction::Set);
  EXPECT_EQ(set.productId.value, "assam");
  EXPECT_EQ(set.pieces, 40);
  EXPECT_EQ(set.operatorName, "grace");

  for (const auto& [text, pieces] :
       std::vector<std::pair<const char*, int>>{{"-2", -2}, {"+25", 25}, {"3", 3}}) {
    const StockCommand adjust =
        stockCommandOf({"adjust", "assam", "--by", text, "--tenant", "tea_house", "--operator", "ada"});
    EXPECT_EQ(adjust.action, StockAction::Adjust);
    EXPECT_EQ(adjust.pieces, pieces) << text;
    EXPECT_EQ(adjust.operatorName, "ada");
  }
  const auto line = parseStock({"list", "--tenant", "t"});
  EXPECT_EQ(line.options->command, Command::Stock);
  EXPECT_EQ(line.options->logLevel, log::Level::Warn);
}

TEST(StockCommands, SayWhatIsMissingOrWrong) {
  EXPECT_THAT(mistakeIn({}), HasSubstr("list, set and adjust"));
  EXPECT_THAT(mistakeIn({"count"}), HasSubstr("list, set and adjust"));
  EXPECT_THAT(mistakeIn({"list"}), HasSubstr("--tenant is required"));
  EXPECT_THAT(mistakeIn({"set", "assam", "--tenant", "t"}), HasSubstr("COUNT is required"));
  for (const char* text : {"many", "1.5", "", "+", "99999999999999999999"})
    EXPECT_THAT(mistakeIn({"set", "assam", text, "--tenant", "t"}), HasSubstr("COUNT is not a whole number"));
  EXPECT_THAT(mistakeIn({"adjust", "assam", "--tenant", "t"}), HasSubstr("--by is required"));
  EXPECT_THAT(mistakeIn({"set", "a\nb", "1", "--tenant", "t"}), HasSubstr("PRODUCT_ID is not plain text"));
}

TEST(StockCommands, TravelAsALine) {
  const StockCommand command{
      StockAction::Adjust, TenantId{"tea_house"}, ProductId{"assam"}, -2, "grace", false};
  const auto read = stockCommandFromLine(toLine(command));
  ASSERT_TRUE(read.has_value());
  ASSERT_TRUE(read->ok());
  EXPECT_EQ((*read)->action, StockAction::Adjust);
  EXPECT_EQ((*read)->tenant, command.tenant);
  EXPECT_EQ((*read)->productId, command.productId);
  EXPECT_EQ((*read)->pieces, -2);
  EXPECT_EQ((*read)->operatorName, "grace");

  EXPECT_FALSE(stockCommandFromLine(R"({"command": "retry", "sagaId": "saga_1"})").has_value());
  EXPECT_FALSE(stockCommandFromLine("no JSON").has_value());
  const auto incomplete = stockCommandFromLine(R"({"command": "stock set", "tenant": "t", "product": "p"})");
  ASSERT_TRUE(incomplete.has_value());
  EXPECT_FALSE(incomplete->ok());
}

}  // namespace
}  // namespace checkout::app::operate

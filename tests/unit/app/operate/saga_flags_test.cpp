// The `saga` commands as words on a command line.
#include <cstdlib>

#include <gmock/gmock.h>

#include "app/cli.hpp"

namespace checkout::app::operate {
namespace {

using Action = SagaCommand::Action;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const char* const kId = "saga_0123456789abcdef0123456789abcdef";

std::optional<std::string> graceAtHome(const std::string& name) {
  if (name == "HOME") return "/home/grace";
  if (name == "USER") return "grace";
  return std::nullopt;
}

CommandLine parse(std::vector<const char*> words, const Environment& environment = graceAtHome) {
  words.insert(words.begin(), {"checkout-mcp", "saga"});
  return parseCommandLine(static_cast<int>(words.size()), words.data(), environment);
}

SagaCommand commandOf(std::vector<const char*> words, const Environment& environment = graceAtHome) {
  const auto line = parse(std::move(words), environment);
  EXPECT_TRUE(line.options.has_value()) << line.error;
  return line.options ? line.options->saga : SagaCommand{};
}

void expectUsageError(std::vector<const char*> words, const std::string& text,
                      const Environment& environment = graceAtHome) {
  const auto line = parse(std::move(words), environment);
  EXPECT_FALSE(line.options.has_value());
  EXPECT_EQ(line.exitCode, 2);
  EXPECT_THAT(line.error, AllOf(StartsWith("checkout-mcp: "), HasSubstr(text), HasSubstr("--help")));
}

TEST(SagaFlags, NameEveryCommand) {
  EXPECT_EQ(commandOf({"list"}).action, Action::List);
  EXPECT_EQ(commandOf({"show", kId}).action, Action::Show);
  EXPECT_EQ(commandOf({"retry", kId}).action, Action::Retry);
  EXPECT_EQ(commandOf({"refund", kId, "--reason", "x"}).action, Action::Refund);
  EXPECT_EQ(commandOf({"resolve", kId, "--reason", "x"}).action, Action::Resolve);
  EXPECT_EQ(commandOf({"show", kId}).sagaId.value, kId);
  EXPECT_EQ(parse({"list"}).options->command, Command::Saga);
}

TEST(SagaFlags, HaveDefaults) {
  const auto line = parse({"refund", kId, "--reason", "broken"});
  EXPECT_EQ(line.options->store, "sqlite:/home/grace/.local/share/checkout-mcp/checkout.db");
  EXPECT_EQ(line.options->logLevel, log::Level::Warn);
  EXPECT_FALSE(line.options->config.has_value());
  EXPECT_FALSE(line.options->saga.amount.has_value());
  EXPECT_EQ(line.options->saga.operatorName, "grace");
  EXPECT_FALSE(commandOf({"list"}).stuckOnly);
  EXPECT_FALSE(commandOf({"list"}).asJson);
}

TEST(SagaFlags, AreAllRead) {
  const auto refund =
      commandOf({"refund", "--amount", "250", "--reason", "two words", "--operator", "ada", kId});
  EXPECT_EQ(refund.amount, 250);
  EXPECT_EQ(refund.reason, "two words");
  EXPECT_EQ(refund.operatorName, "ada");
  EXPECT_EQ(commandOf({"resolve", kId, "--reason", "x", "--about", "dp_1"}).about, "dp_1");
  const auto list = commandOf({"list", "--stuck", "--tenant", "shop", "--format", "json"});
  EXPECT_TRUE(list.stuckOnly);
  EXPECT_EQ(list.tenant, TenantId{"shop"});
  EXPECT_TRUE(list.asJson);
  const auto line =
      parse({"retry", kId, "--store", "sqlite:/x.db", "--config", "a.json", "--log-level", "info"});
  EXPECT_EQ(line.options->store, "sqlite:/x.db");
  EXPECT_EQ(line.options->config, "a.json");
  EXPECT_EQ(line.options->logLevel, log::Level::Info);
}

TEST(SagaFlags, ComeFromTheEnvironmentUnlessTheyAreGiven) {
  const std::map<const char*, const char*> variables = {
      {"CHECKOUT_MCP_OPERATOR", "env-ada"}, {"CHECKOUT_MCP_REASON", "env reason"},
      {"CHECKOUT_MCP_AMOUNT", "7"},         {"CHECKOUT_MCP_FORMAT", "json"},
      {"CHECKOUT_MCP_TENANT", "env_shop"},  {"CHECKOUT_MCP_STUCK", "true"}};
  for (const auto& [name, value] : variables) setenv(name, value, 1);
  const auto refund = commandOf({"refund", kId, "--amount", "8"});
  const auto list = commandOf({"list"});
  for (const auto& [name, value] : variables) unsetenv(name);
  EXPECT_EQ(refund.operatorName, "env-ada");
  EXPECT_EQ(refund.reason, "env reason");
  EXPECT_EQ(refund.amount, 8);
  EXPECT_TRUE(list.asJson);
  EXPECT_TRUE(list.stuckOnly);
  EXPECT_EQ(list.tenant, TenantId{"env_shop"});
}

TEST(SagaFlags, NameTheOperatorByTheLoginWhereNoVariableDoes) {
  const auto nobody = [](const std::string& name) -> std::optional<std::string> {
    return name == "HOME" ? std::optional<std::string>("/home/x") : std::nullopt;
  };
  EXPECT_FALSE(commandOf({"retry", kId}, nobody).operatorName.empty());
  expectUsageError({"retry", kId, "--operator", ""}, "--operator");
}

TEST(SagaFlags, ThatMakeNoSenseAreRefused) {
  expectUsageError({}, "one of show, list, retry, refund and resolve");
  expectUsageError({"undo", kId}, "one of show, list, retry, refund and resolve");
  expectUsageError({"show"}, "SAGA_ID");
  expectUsageError({"show", "saga 1"}, "no checkout's id");
  expectUsageError({"show", kId, "--format", "xml"}, "--format");
  expectUsageError({"list", "--config", "a.json"}, "--config");
  expectUsageError({"list", "--page"}, "--page");
  expectUsageError({"list", kId}, kId);
  expectUsageError({"refund", kId}, "--reason");
  expectUsageError({"resolve", kId, "--reason", "  "}, "--reason must not be empty");
  expectUsageError({"refund", kId, "--reason", "line\nline"}, "plain text of one line");
  expectUsageError({"refund", kId, "--reason", "\xff"}, "plain text of one line");
  expectUsageError({"refund", kId, "--reason", "card 4242 4242 4242 4242"}, "card number");
  expectUsageError({"retry", kId, "--operator", "a\x1b[2Jb"}, "--operator");
  for (const char* amount : {"0", "-5"})
    expectUsageError({"refund", kId, "--reason", "x", "--amount", amount}, "--amount");
  for (const char* amount : {"1.50", "0x10", "1e3", "9223372036854775808", "five"})
    expectUsageError({"refund", kId, "--reason", "x", "--amount", amount}, "whole number");
}

TEST(SagaFlags, ExplainThemselves) {
  EXPECT_THAT(parse({"--help"}).out, AllOf(HasSubstr("show"), HasSubstr("resolve"), HasSubstr("Examples:"),
                                           HasSubstr("saga list --stuck"), HasSubstr("Exit codes")));
  for (const char* command : {"show", "list", "retry", "refund", "resolve"}) {
    const auto help = parse({command, "--help"});
    EXPECT_EQ(help.exitCode, 0);
    EXPECT_THAT(help.out, AllOf(HasSubstr("checkout-mcp saga " + std::string(command)), HasSubstr("Example"),
                                HasSubstr("--store")));
  }
}

TEST(SagaCommand, TravelsAsALine) {
  SagaCommand sent;
  sent.action = Action::Refund;
  sent.sagaId.value = kId;
  sent.amount = 250;
  sent.reason = "zu spät";
  sent.about = "dp_1";
  sent.operatorName = "grace";
  const auto read = commandFromLine(toLine(sent));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->action, Action::Refund);
  EXPECT_EQ(read->sagaId, sent.sagaId);
  EXPECT_EQ(read->amount, 250);
  EXPECT_EQ(read->reason, "zu spät");
  EXPECT_EQ(read->about, "dp_1");
  EXPECT_EQ(read->operatorName, "grace");
}

TEST(SagaCommand, ThatAsksForAPageTravelsWithoutAName) {
  const SagaCommand sent = commandOf({"show", kId, "--page", "--config", "a.json"});
  EXPECT_TRUE(sent.withPage);
  EXPECT_FALSE(commandOf({"show", kId}).withPage);
  const auto read = commandFromLine(toLine(sent));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->action, Action::Show);
  EXPECT_EQ(read->sagaId, sent.sagaId);
  EXPECT_TRUE(read->withPage);
}

TEST(SagaCommand, OfAnotherHandIsCheckedLikeOnesOwn) {
  for (const char* line :
       {"", "[]", "{}", R"({"command":"list","sagaId":"saga_1","operator":"a"})",
        R"({"command":"show","sagaId":"saga 1"})", R"({"command":"drop","sagaId":"saga_1","operator":"a"})",
        R"({"command":"retry","sagaId":"saga_1"})", R"({"command":"retry","sagaId":7,"operator":"a"})",
        R"({"command":"refund","sagaId":"saga_1","operator":"a"})",
        R"({"command":"refund","sagaId":"saga_1","operator":"a","reason":"x","amount":1.5})",
        R"({"command":"refund","sagaId":"saga_1","operator":"a","reason":"x","amount":-1})"}) {
    const auto read = commandFromLine(line);
    ASSERT_FALSE(read.ok()) << line;
    EXPECT_EQ(read.error().code, ErrorCode::ValidationFailed) << line;
  }
}

}  // namespace
}  // namespace checkout::app::operate

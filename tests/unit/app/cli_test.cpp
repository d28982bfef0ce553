#include "app/cli.hpp"

#include <cstdlib>

#include <gmock/gmock.h>

namespace checkout::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::optional<std::string> home(const std::string& name) {
  if (name == "HOME") return "/home/ada";
  return std::nullopt;
}

CommandLine parse(std::vector<const char*> words, const Environment& environment = home) {
  words.insert(words.begin(), "checkout-mcp");
  return parseCommandLine(static_cast<int>(words.size()), words.data(), environment);
}

// A variable of this process for as long as a test needs it.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

void expectUsageError(const CommandLine& line, const std::string& text) {
  EXPECT_FALSE(line.options.has_value());
  EXPECT_EQ(line.exitCode, 2);
  EXPECT_EQ(line.out, "");
  EXPECT_THAT(line.error, AllOf(StartsWith("checkout-mcp: "), HasSubstr(text), HasSubstr("--help")));
  EXPECT_EQ(std::count(line.error.begin(), line.error.end(), '\n'), 1) << line.error;
}

TEST(CommandLine, KnowsEveryCommand) {
  EXPECT_EQ(parse({"stdio"}).options->command, Command::Stdio);
  EXPECT_EQ(parse({"http"}).options->command, Command::Http);
  EXPECT_EQ(parse({"sandbox"}).options->command, Command::Sandbox);
  EXPECT_EQ(parse({"demo"}).options->command, Command::Demo);
  EXPECT_EQ(parse({"check-config", "--config", "a.json"}).options->command, Command::CheckConfig);
  EXPECT_EQ(parse({"doctor", "--config", "a.json"}).options->command, Command::Doctor);
}

TEST(CommandLine, DoctorProbesOnlyWhereItIsAskedTo) {
  const auto careful = *parse({"doctor", "--config", "a.json"}).options;
  EXPECT_FALSE(careful.doctor.probes);
  EXPECT_EQ(careful.doctor.format, doctor::Format::Text);
  EXPECT_EQ(careful.store, "") << "it opens none";
  const auto probing = *parse({"doctor", "--config", "a.json", "--probe", "--format", "json"}).options;
  EXPECT_TRUE(probing.doctor.probes);
  EXPECT_EQ(probing.doctor.format, doctor::Format::Json);
}

TEST(CommandLine, HasDefaultsForEverything) {
  const auto options = *parse({"http"}).options;
  EXPECT_FALSE(options.config.has_value());
  EXPECT_EQ(options.store, "sqlite:/home/ada/.local/share/checkout-mcp/checkout.db");
  EXPECT_FALSE(options.storeGiven);
  EXPECT_EQ(options.listen, (transport::ListenAddress{"127.0.0.1", 8080}));
  EXPECT_EQ(options.logLevel, log::Level::Info);
  EXPECT_EQ(options.logFormat, log::Format::Text);
  EXPECT_EQ(parse({"sandbox"}).options->listen.port, 12111);
}

TEST(CommandLine, ReadsEveryFlag) {
  const auto options = *parse({"http", "--config", "a.json", "--store", "sqlite:/tmp/x.db", "--listen",
                               "[::1]:0", "--log-level", "debug", "--log-format", "json"})
                            .options;
  EXPECT_EQ(options.config, "a.json");
  EXPECT_EQ(options.store, "sqlite:/tmp/x.db");
  EXPECT_TRUE(options.storeGiven);
  EXPECT_EQ(options.listen, (transport::ListenAddress{"::1", 0}));
  EXPECT_EQ(options.logLevel, log::Level::Debug);
  EXPECT_EQ(options.logFormat, log::Format::Json);
}

TEST(CommandLine, TakesFlagsFromTheEnvironmentUnlessTheyAreGiven) {
  const Variable level("CHECKOUT_MCP_LOG_LEVEL", "warn");
  const Variable listen("CHECKOUT_MCP_LISTEN", "127.0.0.1:1234");
  const Variable config("CHECKOUT_MCP_CONFIG", "env.json");
  const Variable store("CHECKOUT_MCP_STORE", "sqlite:/env.db");
  const Variable format("CHECKOUT_MCP_LOG_FORMAT", "json");
  const auto options = *parse({"http", "--config", "flag.json"}).options;
  EXPECT_EQ(options.logLevel, log::Level::Warn);
  EXPECT_EQ(options.listen.port, 1234);
  EXPECT_EQ(options.config, "flag.json");
  EXPECT_EQ(options.store, "sqlite:/env.db");
  EXPECT_EQ(options.logFormat, log::Format::Json);
  EXPECT_EQ(parse({"check-config"}).options->config, "env.json");
}

TEST(CommandLine, PutsTheStoreWhereTheDesktopStandardSays) {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "XDG_DATA_HOME") return "/data";
    return home(name);
  };
  EXPECT_EQ(parse({"stdio"}, environment).options->store, "sqlite:/data/checkout-mcp/checkout.db");
  const auto relative = [](const std::string& name) -> std::optional<std::string> {
    if (name == "XDG_DATA_HOME") return "data";
    return home(name);
  };
  EXPECT_THAT(parse({"stdio"}, relative).options->store, StartsWith("sqlite:/home/ada/"));
  const auto nothing = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
  expectUsageError(parse({"stdio"}, nothing), "--store");
  EXPECT_TRUE(parse({"stdio", "--store", "sqlite:/x"}, nothing).options.has_value());
}

TEST(CommandLine, FlagsWinOverTheEnvironmentInEveryCommand) {
  const Variable store("CHECKOUT_MCP_STORE", "sqlite:/env.db");
  const Variable level("CHECKOUT_MCP_LOG_LEVEL", "debug");
  const Variable tenant("CHECKOUT_MCP_TENANT", "env_shop");
  const Variable operatorName("CHECKOUT_MCP_OPERATOR", "env");
  for (std::vector<const char*> words :
       std::vector<std::vector<const char*>>{{"stdio"},
                                             {"http"},
                                             {"saga", "list"},
                                             {"saga", "show", "saga_1"},
                                             {"saga", "retry", "saga_1"},
                                             {"saga", "refund", "saga_1", "--reason", "x"},
                                             {"saga", "resolve", "saga_1", "--reason", "x"},
                                             {"stock", "list", "--tenant", "shop"},
                                             {"stock", "set", "mug", "4", "--tenant", "shop"},
                                             {"stock", "adjust", "mug", "--by", "4", "--tenant", "shop"}}) {
    words.insert(words.end(), {"--store", "sqlite:/flag.db", "--log-level", "error"});
    const CommandLine line = parse(words);
    ASSERT_TRUE(line.options) << line.error;
    EXPECT_EQ(line.options->store, "sqlite:/flag.db") << words[0] << " " << words[1];
    EXPECT_EQ(line.options->logLevel, log::Level::Error) << words[0] << " " << words[1];
    const bool isStock = line.options->command == Command::Stock;
    EXPECT_EQ(isStock ? line.options->stock.tenant.value : "shop", "shop") << words[1];
  }
  EXPECT_EQ(parse({"saga", "list"}).options->store, "sqlite:/env.db");
}

TEST(CommandLine, RefusesAddressesThatOthersCanReach) {
  for (const char* address : {"0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080"})
    expectUsageError(parse({"http", "--listen", address}), "reverse proxy");
  expectUsageError(parse({"sandbox", "--listen", "0.0.0.0:80"}), "refused");
}

TEST(CommandLine, AnswersBadUsageWithOneLine) {
  expectUsageError(parse({}), "a command is required");
  expectUsageError(parse({"serve"}), "serve");
  expectUsageError(parse({"http", "--port", "1"}), "--port");
  expectUsageError(parse({"http", "--listen"}), "--listen");
  expectUsageError(parse({"http", "--listen", "8080"}), "--listen");
  expectUsageError(parse({"http", "--log-level", "loud"}), "--log-level");
  expectUsageError(parse({"check-config"}), "--config");
  expectUsageError(parse({"doctor"}), "--config");
  expectUsageError(parse({"sandbox", "--store", "sqlite:x"}), "--store");
  // What a shell makes of a variable that is not set must not mean the default.
  expectUsageError(parse({"stdio", "--store", ""}), "--store");
  expectUsageError(parse({"stdio", "--config", ""}), "--config");
}

TEST(CommandLine, PrintsHelpAndVersion) {
  const auto help = parse({"--help"});
  EXPECT_EQ(help.exitCode, 0);
  for (const char* word : {"stdio", "http", "sandbox", "demo", "check-config", "doctor",
                           "Examples:", "CHECKOUT_MCP_", "Exit codes"})
    EXPECT_THAT(help.out, HasSubstr(word));
  EXPECT_THAT(parse({"http", "--help"}).out,
              AllOf(HasSubstr("Usage: checkout-mcp http"), HasSubstr("--listen")));
  EXPECT_EQ(parse({"--version"}).out, "checkout-mcp " CHECKOUT_VERSION "\n");
}

}  // namespace
}  // namespace checkout::app

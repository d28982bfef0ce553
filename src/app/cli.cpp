#include "app/cli.hpp"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

#include "app/operate/saga_flags.hpp"
#include "app/operate/stock_flags.hpp"

namespace checkout::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  checkout-mcp demo                                  watch a whole checkout, nothing to set up
  checkout-mcp stdio                                 for Claude Desktop, Cursor and other MCP clients
  checkout-mcp http --listen 127.0.0.1:8080          MCP at http://127.0.0.1:8080/mcp
  checkout-mcp check-config --config shop.json       before a change goes live
  checkout-mcp doctor --config shop.json             is the Stripe account set up for it?
  checkout-mcp saga list --stuck                     checkouts that need an operator
  checkout-mcp stock set mug 40 --tenant my_shop     40 mugs are on the shelf

Without --config the built-in tenant demo_store is served, paid at a simulator of Stripe.
Every flag can be given as an environment variable: --log-level as CHECKOUT_MCP_LOG_LEVEL.
Secrets come from the environment or from files, as the config says. Without a config,
STRIPE_SECRET_KEY (a test key) and STRIPE_WEBHOOK_SECRET let demo_store use your Stripe account.
Exit codes: 0 fine, 1 something failed, 2 bad usage or config.)";

constexpr const char* kDoctorFooter = R"(Examples:
  checkout-mcp doctor --config shop.json
  checkout-mcp doctor --config shop.json --probe --format json

Asks Stripe, with each tenant's key: is it reached, does it accept the key, does the key have each permission,
do account, tax settings and webhook endpoints fit the configuration? Nothing is changed by asking.

With --probe, writing is tried too. In any mode: requests that Stripe must refuse (an expiry in the past, an
amount of 0, a refund of nothing), which show whether the key may write and make nothing. In test mode also: a
payment page and a payment with the configuration's settings, ended at once. No money can move by any of it,
and in live mode nothing is made.

Each line is one check: ok, warn or fail, what was found, and after an arrow what to do.
Exit codes: 0 nothing failed, 1 something failed, 2 bad usage or config.)";

struct Flags {
  std::string config, store, listen, logLevel = "info", logFormat = "text";
};

void addLogFlags(CLI::App& command, Flags& flags) {
  command.add_option("--log-level", flags.logLevel, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->envname("CHECKOUT_MCP_LOG_LEVEL")
      ->option_text(std::string("LEVEL [").append(flags.logLevel).append("]"));
  command.add_option("--log-format", flags.logFormat, "text or json; logs go to stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->envname("CHECKOUT_MCP_LOG_FORMAT")
      ->option_text("FORMAT [text]");
}

// "" is what a shell makes of a variable that is not set; it must not mean the default.
const CLI::Validator& isGiven() {
  static const CLI::Validator validator(
      [](std::string& value) { return value.empty() ? std::string("it is empty") : std::string(); }, "");
  return validator;
}

void addConfigFlag(CLI::App& command, Flags& flags) {
  command.add_option("--config", flags.config, "the tenants to serve (default: the built-in demo_store)")
      ->check(isGiven())
      ->envname("CHECKOUT_MCP_CONFIG")
      ->option_text("FILE");
}

void addStoreFlag(CLI::App& command, Flags& flags) {
  command
      .add_option("--store", flags.store,
                  "sqlite:PATH (default: sqlite:$XDG_DATA_HOME/checkout-mcp/checkout.db)")
      ->check(isGiven())
      ->envname("CHECKOUT_MCP_STORE")
      ->option_text("URL");
}

void addCommonFlags(CLI::App& command, Flags& flags) {
  addConfigFlag(command, flags);
  addStoreFlag(command, flags);
  addLogFlags(command, flags);
}

void addListenFlag(CLI::App& command, Flags& flags, const char* fallback) {
  flags.listen = fallback;
  command.add_option("--listen", flags.listen, "a loopback address; port 0 picks a free one")
      ->envname("CHECKOUT_MCP_LISTEN")
      ->option_text(std::string("HOST:PORT [").append(fallback).append("]"));
}

CommandLine usageError(const std::string& message) {
  CommandLine line;
  line.exitCode = 2;
  line.error = "checkout-mcp: " + message + " (see checkout-mcp --help)\n";
  return line;
}

// Desktop clients start servers in any directory, so the default is no relative path.
std::optional<std::string> defaultStore(const Environment& environment) {
  const auto set = [&](const char* name) {
    auto value = environment(name);
    return value && value->rfind('/', 0) == 0 ? value
                                              : std::nullopt;  // the XDG standard ignores relative ones
  };
  if (const auto data = set("XDG_DATA_HOME")) return "sqlite:" + *data + "/checkout-mcp/checkout.db";
  if (const auto home = set("HOME")) return "sqlite:" + *home + "/.local/share/checkout-mcp/checkout.db";
  return std::nullopt;
}

log::Level levelFrom(const std::string& name) {
  static const std::map<std::string, log::Level> levels = {{"debug", log::Level::Debug},
                                                           {"info", log::Level::Info},
                                                           {"warn", log::Level::Warn},
                                                           {"error", log::Level::Error}};
  return levels.at(name);
}

CommandLine toOptions(Command command, const Flags& flags, const Environment& environment) {
  Options options;
  options.command = command;
  options.logLevel = levelFrom(flags.logLevel);
  options.logFormat = flags.logFormat == "json" ? log::Format::Json : log::Format::Text;
  if (!flags.config.empty()) options.config = flags.config;

  if (command == Command::Http || command == Command::Sandbox) {
    const auto listen = transport::parseListen(flags.listen);
    if (!listen.ok()) return usageError("--listen: " + listen.error().message);
    if (!transport::isLoopbackAddress(listen->host))
      return usageError(
          "--listen " + flags.listen +
          " is refused: callers are not authenticated yet, so only this machine may reach the server; "
          "listen on 127.0.0.1, behind a reverse proxy that knows its users");
    options.listen = *listen;
  }
  if (command != Command::Sandbox && command != Command::CheckConfig && command != Command::Doctor) {
    options.storeGiven = !flags.store.empty();
    const auto store = options.storeGiven ? std::optional(flags.store) : defaultStore(environment);
    if (!store && command != Command::Demo)
      return usageError("no place for the store: set HOME or XDG_DATA_HOME, or pass --store sqlite:PATH");
    options.store = store.value_or("");
  }
  CommandLine line;
  line.options = std::move(options);
  return line;
}

}  // namespace

CommandLine parseCommandLine(int argc, const char* const* argv, const Environment& environment) {
  CLI::App app("Takes LLM agents' customers from a cart to a paid order: an MCP server for shops on Stripe.",
               "checkout-mcp");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("checkout-mcp ").append(CHECKOUT_VERSION));
  app.require_subcommand(1);

  Flags stdioFlags, httpFlags, sandboxFlags, demoFlags, checkFlags;
  auto& stdio = *app.add_subcommand("stdio", "MCP over stdin and stdout, one JSON-RPC message a line");
  addCommonFlags(stdio, stdioFlags);
  auto& http = *app.add_subcommand("http", "MCP, webhooks, health and metrics over HTTP");
  addListenFlag(http, httpFlags, "127.0.0.1:8080");
  addCommonFlags(http, httpFlags);
  auto& sandbox = *app.add_subcommand("sandbox", "the simulator of Stripe on its own");
  addListenFlag(sandbox, sandboxFlags, "127.0.0.1:12111");
  addLogFlags(sandbox, sandboxFlags);
  auto& demo = *app.add_subcommand("demo", "plays a whole checkout as an MCP client of itself");
  addCommonFlags(demo, demoFlags);
  auto& check = *app.add_subcommand("check-config", "says what is wrong with a config, line by line");
  check.add_option("--config", checkFlags.config, "the file to check")
      ->envname("CHECKOUT_MCP_CONFIG")
      ->option_text("FILE")
      ->required();
  auto& doctorCommand =
      *app.add_subcommand("doctor", "asks Stripe whether account, key and webhooks are set up for a config");
  doctorCommand.footer(kDoctorFooter);
  Flags doctorFlags;
  doctor::DoctorOptions doctorOptions;
  std::string doctorFormat = "text";
  doctorCommand.add_option("--config", doctorFlags.config, "the tenants to check")
      ->envname("CHECKOUT_MCP_CONFIG")
      ->option_text("FILE")
      ->required();
  doctorCommand.add_flag("--probe", doctorOptions.probes, "try to write as well; moves no money (see below)")
      ->envname("CHECKOUT_MCP_PROBE");
  doctorCommand.add_option("--format", doctorFormat, "text, or json: one object")
      ->check(CLI::IsMember({"text", "json"}))
      ->envname("CHECKOUT_MCP_FORMAT")
      ->option_text("FORMAT [text]");
  // Each command has its own: CLI11 gives the environment's values to the commands that were not chosen, too.
  std::map<const CLI::App*, Flags> operatorFlags;
  const auto addOperatorFlags = [&](CLI::App& command, bool takesConfig) {
    Flags& flags = operatorFlags[&command];
    flags.logLevel = "warn";  // what it prints is what it was asked for
    if (takesConfig) addConfigFlag(command, flags);
    addStoreFlag(command, flags);
    addLogFlags(command, flags);
  };
  const auto chosenOperatorFlags = [&]() -> const Flags& {
    return std::find_if(operatorFlags.begin(), operatorFlags.end(),
                        [](const auto& entry) { return entry.first->parsed(); })
        ->second;
  };
  const operate::SagaFlags saga(app, addOperatorFlags);
  const operate::StockFlags stock(app, [&](CLI::App& command) { addOperatorFlags(command, false); });

  CommandLine line;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.out = app.help();  // of the command that was chosen, if any
    return line;
  } catch (const CLI::CallForVersion& version) {
    line.out = std::string(version.what()) + "\n";
    return line;
  } catch (const CLI::ParseError& error) {
    if (app.get_subcommands().empty())
      return usageError(
          std::string(argc < 2 ? "a command is required" : "no such command or option: ")
              .append(argc < 2 ? "" : argv[1])
              .append("; there are stdio, http, sandbox, demo, check-config, doctor, saga and stock"));
    if (saga.lacksCommand()) return usageError("saga takes one of show, list, retry, refund and resolve");
    if (stock.lacksCommand()) return usageError("stock takes one of list, set and adjust");
    return usageError(error.what());
  }
  if (stdio.parsed()) return toOptions(Command::Stdio, stdioFlags, environment);
  if (http.parsed()) return toOptions(Command::Http, httpFlags, environment);
  if (sandbox.parsed()) return toOptions(Command::Sandbox, sandboxFlags, environment);
  if (demo.parsed()) return toOptions(Command::Demo, demoFlags, environment);
  if (doctorCommand.parsed()) {
    doctorOptions.format = doctorFormat == "json" ? doctor::Format::Json : doctor::Format::Text;
    line = toOptions(Command::Doctor, doctorFlags, environment);
    if (line.options) line.options->doctor = doctorOptions;
    return line;
  }
  if (saga.parsed()) {
    auto command = saga.command(environment);
    if (!command.ok()) return usageError(command.error().message);
    line = toOptions(Command::Saga, chosenOperatorFlags(), environment);
    if (line.options) line.options->saga = std::move(*command);
    return line;
  }
  if (stock.parsed()) {
    auto command = stock.command(environment);
    if (!command.ok()) return usageError(command.error().message);
    line = toOptions(Command::Stock, chosenOperatorFlags(), environment);
    if (line.options) line.options->stock = std::move(*command);
    return line;
  }
  return toOptions(Command::CheckConfig, checkFlags, environment);
}

}  // namespace checkout::app

#include "app/run.hpp"

#include <iostream>

#include "app/check_config.hpp"
#include "app/commands.hpp"
#include "app/demo/demo.hpp"
#include "app/doctor/doctor.hpp"
#include "app/operate/operate.hpp"

namespace checkout::app {

std::optional<Config> configFor(const Options& options, const Environment& environment) {
  LoadedConfig loaded =
      options.config ? loadConfig(*options.config, environment) : loadDemoConfig(environment);
  const bool serves = options.command == Command::Http || options.command == Command::Stdio;
  for (const ConfigProblem& warning : serves ? loaded.warnings : std::vector<ConfigProblem>{})
    log::warn("configuration: " + warning.message, {{"at", warning.pointer}, {"hint", warning.hint}});
  if (loaded.problems.empty()) return std::move(loaded.config);
  printProblems(loaded.problems, std::cerr);
  return std::nullopt;
}

int failedToStart(const Error& error) {
  std::cerr << "checkout-mcp: " + error.message + "\n";
  return error.code == ErrorCode::ValidationFailed ? 2 : 1;
}

int run(int argc, const char* const* argv, const Seams& seams) {
  const Environment environment = processEnvironment();
  const CommandLine line = parseCommandLine(argc, argv, environment);
  std::cout << line.out << std::flush;
  std::cerr << line.error;
  if (!line.options) return line.exitCode;
  const Options& options = *line.options;
  log::configure(options.logLevel, options.logFormat);
  // Before signals are taken over: an operator's Ctrl-C ends the command, at any moment and harmlessly.
  if (options.command == Command::Doctor) {
    const auto config = configFor(options, environment);
    return config ? doctor::examine(*config, options.doctor, std::cout) : 2;
  }
  if (options.command == Command::Saga) return operate::run(options, environment);
  if (options.command == Command::Stock) return operate::runStock(options);
  const StopSignal stop;

  if (options.command == Command::CheckConfig) return checkConfig(*options.config, environment, std::cout);
  if (options.command == Command::Sandbox) return serveSandbox(options, stop);
  if (options.command == Command::Demo && !options.config) return demo::play(options, stop);
  auto config = configFor(options, environment);
  if (!config) return 2;
  if (options.command == Command::Demo) return demo::play(options, stop);
  if (options.command == Command::Http) return serveHttp(options, std::move(*config), stop, seams);
  return serveStdio(options, std::move(*config), stop, seams);
}

}  // namespace checkout::app

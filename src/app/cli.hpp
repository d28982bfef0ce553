// The command line: commands, flags, and the environment variables that stand in for them.
#pragma once

#include <optional>
#include <string>

#include "app/config/environment.hpp"
#include "app/doctor/doctor.hpp"
#include "app/operate/saga_command.hpp"
#include "app/operate/stock_command.hpp"
#include "base/log.hpp"
#include "transport/guard.hpp"

namespace checkout::app {

enum class Command { Stdio, Http, Sandbox, Demo, CheckConfig, Doctor, Saga, Stock };

struct Options {
  Command command = Command::Stdio;
  std::optional<std::string> config;  // nullopt: the built-in demo tenant
  std::string store;                  // a store URL; empty for the commands that have none
  bool storeGiven = false;            // by a flag or the environment
  transport::ListenAddress listen;    // of the commands that listen
  doctor::DoctorOptions doctor;       // of Doctor
  operate::SagaCommand saga;          // of Saga
  operate::StockCommand stock;        // of Stock
  log::Level logLevel = log::Level::Info;
  log::Format logFormat = log::Format::Text;
};

// Either options, or what to print and the exit code.
struct CommandLine {
  std::optional<Options> options;
  int exitCode = 0;
  std::string out, error;
};

CommandLine parseCommandLine(int argc, const char* const* argv, const Environment& environment);

}  // namespace checkout::app

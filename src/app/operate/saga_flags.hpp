// The `saga` subcommands of the command line.
#pragma once

#include <functional>
#include <memory>

#include "app/config/environment.hpp"
#include "app/operate/saga_command.hpp"

namespace CLI {
class App;
}

namespace checkout::app::operate {

// Lives until the command line has been read.
class SagaFlags {
 public:
  // Adds `saga` to `app`. `addCommon` adds what every subcommand takes; those that change something also take
  // a configuration.
  SagaFlags(CLI::App& app, const std::function<void(CLI::App&, bool takesConfig)>& addCommon);
  ~SagaFlags();

  bool parsed() const;
  bool lacksCommand() const;  // `saga` alone, or with a word that is no command
  // ValidationFailed if what was given makes no sense.
  Result<SagaCommand> command(const Environment& environment) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace checkout::app::operate

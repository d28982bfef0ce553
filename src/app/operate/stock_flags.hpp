// The `stock` subcommands of the command line.
#pragma once

#include <functional>
#include <memory>

#include "app/config/environment.hpp"
#include "app/operate/stock_command.hpp"

namespace CLI {
class App;
}

namespace checkout::app::operate {

// Lives until the command line has been read.
class StockFlags {
 public:
  // Adds `stock` to `app`. `addCommon` adds what every subcommand takes.
  StockFlags(CLI::App& app, const std::function<void(CLI::App&)>& addCommon);
  ~StockFlags();

  bool parsed() const;
  bool lacksCommand() const;  // `stock` alone, or with a word that is no command
  // ValidationFailed if what was given makes no sense.
  Result<StockCommand> command(const Environment& environment) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace checkout::app::operate

// The command doctor: asks Stripe whether each tenant's account and key are set up for what this server does.
#pragma once

#include <iosfwd>

#include "app/config.hpp"
#include "app/doctor/report.hpp"

namespace checkout::app::doctor {

struct DoctorOptions {
  bool probes = false;
  Format format = Format::Text;
};

// Returns the exit code: 0, or 1 if a check has failed. Never throws for what Stripe or the network do.
int examine(const Config& config, const DoctorOptions& options, std::ostream& out);

}  // namespace checkout::app::doctor

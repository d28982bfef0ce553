// A flag that poll() can wait for.
#pragma once

#include "base/descriptor.hpp"

namespace checkout::transport {

// Thread-safe. Once set it stays set, until somebody clears it.
class Event {
 public:
  Event();
  void set();
  void clear();
  int fd() const { return descriptor_.fd(); }

 private:
  Descriptor descriptor_;
};

}  // namespace checkout::transport

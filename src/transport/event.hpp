// A flag that poll() can wait for.
#pragma once

#include "base/descriptor.hpp"

namespace checkout::transport {

// Thread-safe. Once set it stays set.
class Event {
 public:
  Event();
  void set();
  int fd() const { return descriptor_.fd(); }

 private:
  Descriptor descriptor_;
};

}  // namespace checkout::transport

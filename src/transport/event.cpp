#include "transport/event.hpp"

#include <sys/eventfd.h>

namespace checkout::transport {

Event::Event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Event::set() {
  ::eventfd_write(fd(), 1);
}

void Event::clear() {
  eventfd_t ignored;
  ::eventfd_read(fd(), &ignored);
}

}  // namespace checkout::transport

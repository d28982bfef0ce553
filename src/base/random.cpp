#include "base/random.hpp"

#include <cstdlib>
#include <vector>

#include <openssl/rand.h>

#include "base/hex.hpp"

namespace checkout {

std::string randomHex(std::size_t bytes) {
  std::vector<unsigned char> buffer(bytes);
  if (RAND_bytes(buffer.data(), static_cast<int>(bytes)) != 1) std::abort();
  return toHex(buffer.data(), buffer.size());
}

}  // namespace checkout

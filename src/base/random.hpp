// Unpredictable bytes from the operating system's CSPRNG (OpenSSL RAND_bytes).
#pragma once

#include <cstddef>
#include <string>

namespace checkout {

std::string randomHex(std::size_t bytes);  // 2 * bytes lower-case hex digits; aborts if the CSPRNG fails

}  // namespace checkout

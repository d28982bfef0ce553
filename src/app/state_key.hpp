// The key that seals what MCP clients carry from one round of a request to the next (mcp/request_state.hpp).
#pragma once

#include <string>

#include <checkout/secret.hpp>

namespace checkout::app {

// Kept in a file beside the store, so that what was asked before a restart can be answered after it; made if
// there is none. A file that is another user's, or open to others, is not trusted but replaced by a new key.
// Call it with the store open, which keeps other processes away. If the file can't be had, a random key,
// after a warning.
Secret stateKeyBeside(const std::string& storeUrl);

}  // namespace checkout::app

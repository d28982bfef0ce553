// The feed of saga transitions within this process.
#pragma once

#include <memory>

#include <checkout/saga_changes.hpp>

namespace checkout::app {

// Handles may outlive the feed. Dropping a handle waits for a call of its listener that is under way on
// another thread; a listener may drop its own.
std::unique_ptr<SagaChangeFeed> makeChangeFeed();

}  // namespace checkout::app

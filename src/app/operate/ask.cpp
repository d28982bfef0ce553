#include "app/operate/ask.hpp"

#include <chrono>
#include <thread>

#include "app/operate/door.hpp"
#include "store/open_store.hpp"

namespace checkout::app::operate {
namespace {

// Longer than the server waits for a busy checkout and then for Stripe.
constexpr Milliseconds kAnswerPatience{180'000};
constexpr auto kHandOver = std::chrono::seconds(5);
constexpr Milliseconds kLookAgain{100};

bool isLocked(const Result<DeskAnswer>& answer) {
  return !answer.ok() && answer.error().details.is_object() && answer.error().details.contains("lockedBy");
}

Error lockedAndSilent(const std::string& socket) {
  return {ErrorCode::ServiceUnavailable,
          "Another process has the store open and does not answer at " + socket +
              ". If it is a server, its log says why it has no socket; stop it, and repeat this."};
}

}  // namespace

Result<DeskAnswer> askHolder(const std::string& storeUrl, const std::string& line,
                             const std::function<Result<DeskAnswer>()>& here) {
  CHECKOUT_ASSIGN(file, store::fileOfStore(storeUrl));
  const std::string socket = socketBeside(file);
  const auto deadline = std::chrono::steady_clock::now() + kHandOver;
  for (;;) {
    CHECKOUT_ASSIGN(heard, transport::askLocalSocket(socket, line, kAnswerPatience));
    if (heard) return answerFromLine(*heard);
    auto answer = here();
    if (!isLocked(answer)) return answer;
    if (std::chrono::steady_clock::now() >= deadline) return lockedAndSilent(socket);
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace checkout::app::operate

#include "mcp/questions.hpp"

#include <utility>

#include "base/random.hpp"

namespace checkout::mcp {
namespace {

constexpr std::size_t kMostOpen = 64;

// A client that fails to ask its user says so by an error: nobody has decided anything.
Json answerOf(const Envelope& response, const std::string& method) {
  if (!response.failed) return response.answer;
  if (method == "elicitation/create") return {{"action", "cancel"}};
  return {{"error", response.answer}};
}

}  // namespace

Questions::Asked Questions::ask(const std::vector<InputRequest>& requests, TimePoint until, Waiting waiting) {
  Asked asked;
  std::lock_guard lock(mutex_);
  if (requests.empty() || open_.size() + requests.size() > kMostOpen) return asked;
  asked.round = ++last_;
  rounds_.emplace(
      asked.round,
      Round{requests.size(), until, Json::object(), std::move(waiting), {gauges_, &Gauges::openQuestions}});
  for (const InputRequest& request : requests) {
    // Random: a client that is handed over to another process must not answer that one's questions by
    // mistake.
    const std::string id = "ask-" + randomHex(8);
    open_[id] = {asked.round, request.key, request.method};
    asked.messages.push_back(requestMessage(id, request.method, request.params));
  }
  return asked;
}

// Whoever takes a round out of the table settles it, so that it is settled once.
template <class Choice>
void Questions::giveUp(Choice choice, const std::optional<RpcError>& why) {
  std::vector<Round> chosen;
  {
    std::lock_guard lock(mutex_);
    for (auto round = rounds_.begin(); round != rounds_.end();) {
      if (!choice(*round)) {
        ++round;
        continue;
      }
      std::erase_if(open_, [&](const auto& one) { return one.second.round == round->first; });
      chosen.push_back(std::move(round->second));
      round = rounds_.erase(round);
    }
  }
  for (const Round& round : chosen) round.waiting.giveUp(why);
}

void Questions::forget(std::uint64_t round, const std::optional<RpcError>& why) {
  giveUp([&](const auto& one) { return one.first == round; }, why);
}

void Questions::expire(TimePoint now) {
  giveUp([&](const auto& one) { return one.second.until <= now; },
         RpcError{kInternalError, "The client did not answer in time what it was asked.", nullptr});
}

Questions::~Questions() {
  giveUp([](const auto&) { return true; }, std::nullopt);
}

std::optional<Questions::Answered> Questions::answer(const Envelope& response) {
  if (!response.id.is_string()) return std::nullopt;
  std::lock_guard lock(mutex_);
  const auto question = open_.find(response.id.get_ref<const std::string&>());
  if (question == open_.end()) return std::nullopt;
  const auto found = rounds_.find(question->second.round);
  Round& round = found->second;
  round.answers[question->second.key] = answerOf(response, question->second.method);
  open_.erase(question);
  if (--round.missing > 0) return std::nullopt;
  Answered answered{std::move(round.waiting), std::move(round.answers)};
  rounds_.erase(found);
  return answered;
}

}  // namespace checkout::mcp

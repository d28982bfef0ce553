#include "mcp/questions.hpp"

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

Questions::Asked Questions::ask(const std::vector<InputRequest>& requests, Resume resume) {
  Asked asked;
  std::lock_guard lock(mutex_);
  if (closed_ || open_.size() + requests.size() > kMostOpen) return asked;
  asked.round = ++last_;
  Round& round = rounds_[asked.round];
  round.missing = requests.size();
  round.resume = std::move(resume);
  for (const InputRequest& request : requests) {
    // Random: a client that is handed over to another process must not answer that one's questions by
    // mistake.
    const std::string id = "ask-" + randomHex(8);
    open_[id] = {asked.round, request.key, request.method};
    asked.messages.push_back(requestMessage(id, request.method, request.params));
  }
  return asked;
}

void Questions::forget(std::uint64_t round) {
  Round dropped;
  std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const auto& one) { return one.second.round == round; });
  if (const auto found = rounds_.find(round); found != rounds_.end()) {
    dropped = std::move(found->second);
    rounds_.erase(found);
  }
}

void Questions::close() {
  decltype(rounds_) dropped;
  std::lock_guard lock(mutex_);
  closed_ = true;
  open_.clear();
  dropped.swap(rounds_);
}

std::function<void()> Questions::answer(const Envelope& response) {
  if (!response.id.is_string()) return {};
  std::lock_guard lock(mutex_);
  const auto question = open_.find(response.id.get_ref<const std::string&>());
  if (question == open_.end()) return {};
  const auto found = rounds_.find(question->second.round);
  Round& round = found->second;
  round.answers[question->second.key] = answerOf(response, question->second.method);
  open_.erase(question);
  if (--round.missing > 0) return {};
  auto resume = [complete = std::move(round)] { complete.resume(complete.answers); };
  rounds_.erase(found);
  return resume;
}

}  // namespace checkout::mcp

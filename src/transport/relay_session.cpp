#include "transport/relay_session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/json_gate.hpp"
#include "mcp/envelope.hpp"
#include "mcp/era.hpp"

namespace checkout::transport {
namespace {

// A holder's message is our own program's: whole, and of any size. Only what stands at its top is needed, so
// objects and lists below are not even built.
Json skim(std::string_view line) {
  const auto atTheTop = [](int depth, Json::parse_event_t event, Json&) {
    return depth == 0 ||
           (event != Json::parse_event_t::object_start && event != Json::parse_event_t::array_start);
  };
  return Json::parse(line, atTheTop, /*allow_exceptions=*/false);
}

Json parse(std::string_view line) {
  return Json::parse(line, nullptr, /*allow_exceptions=*/false);
}

Json memberOf(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) ? object.at(name) : Json();
}

std::string textOf(const Json& object, const char* name) {
  const Json member = memberOf(object, name);
  return member.is_string() ? member.get<std::string>() : std::string();
}

void addAll(std::vector<Json>& to, const std::vector<Json>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

bool isRefusal(std::string_view line) {
  return parse(line).contains("error");
}

bool take(std::vector<Json>& ids, const Json& id) {
  const auto found = std::find(ids.begin(), ids.end(), id);
  if (found == ids.end()) return false;
  ids.erase(found);
  return true;
}

}  // namespace

RelaySession::RelaySession(LostCall lostCall) : lostCall_(std::move(lostCall)) {}

bool RelaySession::isKept(Role role) {
  return role == Role::Initialize || role == Role::Initialized || role == Role::LogLevel ||
         role == Role::Subscribe;
}

RelaySession::Entry RelaySession::readMessage(Json message) {
  static const std::pair<std::string_view, Role> kRequests[] = {
      {"initialize", Role::Initialize},         {"logging/setLevel", Role::LogLevel},
      {"resources/subscribe", Role::Subscribe}, {"resources/unsubscribe", Role::Unsubscribe},
      {"subscriptions/listen", Role::Listen},   {"tools/call", Role::Call}};
  using Kind = mcp::Envelope::Kind;
  const mcp::Envelope envelope = mcp::readEnvelope(std::move(message));
  Entry entry;
  if (envelope.kind == Kind::Request || envelope.kind == Kind::Invalid) entry.owed.push_back(envelope.id);
  entry.topic = textOf(envelope.params, "uri");
  if (envelope.kind == Kind::Response) {
    entry.role = Role::Response;
    entry.answers.push_back(envelope.id);
  }
  if (envelope.kind == Kind::Request)
    for (const auto& [method, role] : kRequests)
      if (envelope.method == method) entry.role = role;
  if (envelope.kind != Kind::Notification) return entry;
  if (envelope.method == "notifications/initialized") entry.role = Role::Initialized;
  if (envelope.method == "notifications/cancelled")
    if (Json id = memberOf(envelope.params, "requestId"); !id.is_null())
      entry.cancels.push_back(std::move(id));
  return entry;
}

RelaySession::Entry RelaySession::read(std::string line) {
  auto message = parseUntrustedJson(line);
  Entry entry;
  if (!message.ok()) {
    entry.owed.push_back(nullptr);  // it will be told so, without an id
  } else if (!message->is_array()) {
    entry = readMessage(*std::move(message));
  } else {
    entry.role = Role::Batch;
    if (message->empty()) entry.owed.push_back(nullptr);
    for (Json& part : *message) {
      const Entry one = readMessage(std::move(part));
      for (const Json& id : one.cancels) std::erase(entry.owed, id);
      addAll(entry.owed, one.owed);
      addAll(entry.cancels, one.cancels);
      addAll(entry.answers, one.answers);
    }
  }
  entry.line = std::move(line);
  return entry;
}

// --- from the client ---

void RelaySession::fromClient(std::string_view line) {
  // A line without blanks behind it: so a part of it is never taken for all of it.
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  Entry entry = read(std::string(line));
  bool isLate = false;  // it answers what a holder asked that is gone
  for (const Json& id : entry.answers) isLate = !take(askedByHolder_, id) && take(askedByTheLost_, id);
  if (isLate && entry.role == Role::Response) return;
  for (const Json& id : entry.cancels) cancel(id);
  append(std::move(entry));
}

void RelaySession::clientEnded() {
  clientEnded_ = true;
  for (const Json& id : std::exchange(askedByHolder_, {})) refuseQuestion(id);
}

// Nobody is left to be asked, and what asks should not wait for ever.
void RelaySession::refuseQuestion(const Json& id) {
  append(read(mcp::errorMessage(id, {mcp::kInvalidRequest, "The client has ended.", nullptr})));
}

// Nobody waits for its answer any more, and no other holder shall begin it. Two requests with the same id are
// the client's mistake; both are meant then.
void RelaySession::cancel(const Json& id) {
  for (auto at = journal_.begin(); at != journal_.end();) {
    const auto entry = at++;
    if (entry->isAsked() && std::erase(entry->owed, id) > 0) withdraw(entry);
  }
}

void RelaySession::withdraw(Journal::iterator entry) {
  const bool isBegun = entry == next_ && written_ > 0;
  entry->isWithdrawn = true;
  if (isBegun || (entry->isSent && entry->isAsked())) return;
  const Json left = entry->isSent || entry->role != Role::Batch ? Json::array() : partsLeftOf(*entry);
  if (left.empty()) return erase(entry);
  waiting_ -= entry->line.size();
  entry->line = mcp::dumpJson(left);
  entry->isWithdrawn = false;
  waiting_ += entry->line.size();
  if (entry == next_) line_.clear();
}

// What is to be sent of a batch: without requests that were cancelled.
Json RelaySession::partsLeftOf(const Entry& batch) {
  Json left = Json::array();
  std::vector<Json> owed = batch.owed;
  for (Json& part : parse(batch.line)) {
    const Entry one = readMessage(part);
    if (one.owed.empty() || take(owed, one.owed.front())) left.push_back(std::move(part));
  }
  return left;
}

RelaySession::Journal::iterator RelaySession::append(Entry entry) {
  waiting_ += entry.line.size() + 1;
  journal_.push_back(std::move(entry));
  const auto last = std::prev(journal_.end());
  if (next_ == journal_.end()) next_ = last;
  return last;
}

void RelaySession::erase(Journal::iterator entry) {
  if (!entry->isSent) waiting_ -= entry->line.size() + 1;
  if (entry == next_) {
    ++next_;
    line_.clear();
  }
  journal_.erase(entry);
}

// --- to the holder ---

std::string_view RelaySession::forHolder() {
  if (line_.empty() && next_ != journal_.end()) line_ = next_->line + "\n";
  return std::string_view(line_).substr(written_);
}

void RelaySession::sentToHolder(std::size_t bytes) {
  const bool wasWhole = written_ + 1 >= line_.size();
  written_ += bytes;
  // From the last byte on, the holder may take it for a line: it ends there if the stream does.
  if (!wasWhole && written_ + 1 >= line_.size()) wasSent(next_);
  if (written_ < line_.size()) return;
  line_.clear();
  written_ = 0;
}

void RelaySession::wasSent(Journal::iterator entry) {
  next_ = std::next(entry);
  waiting_ -= entry->line.size() + 1;
  entry->isSent = true;
  entry->isAwaited = !entry->owed.empty();
  if (entry->role == Role::Initialized) return keep(entry);
  if (entry->role == Role::Batch)
    for (const Json& part : parse(entry->line))
      if (Entry one = readMessage(part); one.role == Role::Initialized) keepPart(part, std::move(one));
  if (entry->owed.empty()) journal_.erase(entry);
}

// --- from the holder ---

void RelaySession::fromHolder(std::string_view line) {
  const Json message = line.substr(0, 1) == "[" ? parse(line) : skim(line);
  const Json id = memberOf(message, "id");
  if (const std::string method = textOf(message, "method"); !method.empty()) {
    if (!id.is_null() && clientEnded_) return refuseQuestion(id);
    if (!id.is_null()) askedByHolder_.push_back(id);
    if (method == "notifications/subscriptions/acknowledged" && isSecondAcknowledgement(line)) return;
    return toClient(line);
  }
  const bool hasId = message.is_array() || !id.is_null();
  const auto entry = message.is_array() ? awaitedBatch(message) : hasId ? awaited(id) : awaitedWithoutId();
  // What a holder that stops says to the first part of a line whose rest it did not take any more.
  const bool isOfAPart = !hasId && written_ > 0;
  if (isOfAPart && (entry == journal_.end() || entry->role == Role::Batch)) return;
  if (entry == journal_.end()) return toClient(line);
  takeAnswer(entry, line);
}

RelaySession::Journal::iterator RelaySession::awaited(const Json& id) {
  return std::find_if(journal_.begin(), journal_.end(), [&](const Entry& entry) {
    return entry.isAwaited && std::find(entry.owed.begin(), entry.owed.end(), id) != entry.owed.end();
  });
}

// Any of its answers may be to a part that was cancelled meanwhile.
RelaySession::Journal::iterator RelaySession::awaitedBatch(const Json& answers) {
  return std::find_if(journal_.begin(), journal_.end(), [&](const Entry& entry) {
    return entry.isAwaited && entry.role == Role::Batch &&
           std::any_of(answers.begin(), answers.end(), [&](const Json& answer) {
             return std::find(entry.owed.begin(), entry.owed.end(), memberOf(answer, "id")) !=
                    entry.owed.end();
           });
  });
}

// An error without an id answers a line that is no message, or refuses a batch as a whole. One line at a time
// is answered so, in order; but a batch that was not refused is answered later, so it comes last.
RelaySession::Journal::iterator RelaySession::awaitedWithoutId() {
  const auto find = [&](bool isBatch) {
    return std::find_if(journal_.begin(), journal_.end(), [&](const Entry& entry) {
      return entry.isAwaited && !entry.isAnswered && (entry.role == Role::Batch) == isBatch &&
             (isBatch || entry.owed.front().is_null());
    });
  };
  const auto single = find(false);
  return single != journal_.end() ? single : find(true);
}

void RelaySession::takeAnswer(Journal::iterator entry, std::string_view line) {
  // A listening ends by the client's wish, of which no answer tells, or because the holder stops: then it
  // goes on at the next one.
  if (entry->role == Role::Listen && !clientEnded_ && !isRefusal(line)) return;
  entry->isAwaited = false;
  if (entry->isAnswered) {
    if (entry->role == Role::Subscribe) tellOfUpdate(entry->topic, nullptr);
    return;
  }
  toClient(line);
  if (entry->role == Role::Batch) keepPartsOf(*entry, parse(line));
  if (isKept(entry->role) && !isRefusal(line)) return keep(entry);
  if (entry->role == Role::Unsubscribe && !isRefusal(line)) forgetSubscription(entry->topic);
  erase(entry);
}

void RelaySession::forgetSubscription(const std::string& topic) {
  journal_.remove_if([&](const Entry& entry) {
    return entry.role == Role::Subscribe && entry.isAnswered && entry.topic == topic;
  });
}

// The latest of its kind is what a new holder has to know.
void RelaySession::keep(Journal::iterator entry) {
  entry->isAnswered = true;
  for (auto other = journal_.begin(); other != entry;) {
    const auto here = other++;
    if (here->role == entry->role && here->isAnswered && here->isSent && here->topic == entry->topic)
      journal_.erase(here);
  }
}

void RelaySession::keepPart(const Json& part, Entry entry) {
  entry.line = mcp::dumpJson(part);
  entry.isSent = true;
  keep(journal_.insert(next_, std::move(entry)));
}

// Of a batch that was refused as a whole nothing is kept.
void RelaySession::keepPartsOf(const Entry& batch, const Json& answers) {
  const auto isAccepted = [&](const Json& id) {
    return answers.is_array() && std::any_of(answers.begin(), answers.end(), [&](const Json& answer) {
             return memberOf(answer, "id") == id && !answer.contains("error");
           });
  };
  for (const Json& part : parse(batch.line)) {
    Entry entry = readMessage(part);
    if (entry.owed.empty() || !isAccepted(entry.owed.front())) continue;
    if (entry.role == Role::Unsubscribe) forgetSubscription(entry.topic);
    if (isKept(entry.role)) keepPart(part, std::move(entry));
  }
}

bool RelaySession::isSecondAcknowledgement(std::string_view line) {
  const Json params = memberOf(parse(line), "params");
  const Json id = memberOf(memberOf(params, "_meta"), mcp::kSubscriptionIdKey);
  const auto entry = awaited(id);
  if (entry == journal_.end() || entry->role != Role::Listen) return false;
  if (!std::exchange(entry->isAcknowledged, true)) return false;
  for (const Json& uri : memberOf(memberOf(params, "notifications"), "resourceSubscriptions"))
    if (uri.is_string()) tellOfUpdate(uri.get<std::string>(), &id);
  return true;
}

// Between two holders nobody told the client of changes, so it should look.
void RelaySession::tellOfUpdate(const std::string& uri, const Json* subscription) {
  Json params = {{"uri", uri}};
  if (subscription) params["_meta"][mcp::kSubscriptionIdKey] = *subscription;
  toClient(mcp::notificationMessage("notifications/resources/updated", params));
}

// --- to the client ---

void RelaySession::toClient(std::string_view line) {
  forClient_.append(line).append("\n");
}

std::string RelaySession::takeForClient() {
  return std::exchange(forClient_, {});
}

bool RelaySession::awaitsAnswers() const {
  return std::any_of(journal_.begin(), journal_.end(), [&](const Entry& entry) {
    return entry.isAsked() && !(entry.role == Role::Listen && clientEnded_);
  });
}

// --- between two holders ---

void RelaySession::holderLost() {
  line_.clear();
  written_ = 0;
  for (auto at = journal_.begin(); at != journal_.end();) {
    const auto entry = at++;
    if (isOver(*entry))
      journal_.erase(entry);
    else
      entry->isSent = entry->isAwaited = false;
  }
  next_ = journal_.begin();
  waiting_ = 0;
  for (const Entry& entry : journal_) waiting_ += entry.line.size() + 1;
  cancelWhatHolderAsked();
}

// True if nothing is left of the entry for another holder.
bool RelaySession::isOver(Entry& entry) {
  if (entry.role == Role::Response) return true;
  if (entry.isWithdrawn) {
    if (entry.role != Role::Batch) return true;
    const bool isAwaited = entry.isAwaited;
    entry = read(mcp::dumpJson(partsLeftOf(entry)));
    entry.isAwaited = isAwaited;
    if (entry.line == "[]") return true;
  }
  return entry.isAwaited && !entry.isAnswered && giveUpLostCalls(entry);
}

bool RelaySession::giveUpLostCalls(Entry& entry) {
  if (entry.role == Role::Call) {
    const auto answer = answerToLostCall(parse(entry.line));
    if (answer) toClient(*answer);
    return answer.has_value();
  }
  if (entry.role != Role::Batch) return false;
  std::string answers;
  Json rest = Json::array();
  for (Json& part : parse(entry.line)) {
    const auto answer = answerToLostCall(part);
    if (answer)
      answers.append(answers.empty() ? "[" : ",").append(*answer);
    else if (readMessage(part).role != Role::Response)
      rest.push_back(std::move(part));
  }
  if (!answers.empty()) toClient(answers + "]");
  if (rest.empty() && entry.line != "[]") return true;
  entry = read(mcp::dumpJson(rest));
  return entry.owed.empty();
}

std::optional<std::string> RelaySession::answerToLostCall(const Json& request) const {
  const mcp::Envelope envelope = mcp::readEnvelope(request);
  if (envelope.kind != mcp::Envelope::Kind::Request || envelope.method != "tools/call") return std::nullopt;
  const auto problem = lostCall_(textOf(envelope.params, "name"));
  if (!problem) return std::nullopt;
  Json error = toJson(*problem);
  error["retryable"] = false;  // whatever the code says: it may have taken effect
  const Json content = {{"error", std::move(error)}};
  Json result = {{"content", {{{"type", "text"}, {"text", mcp::dumpJson(content)}}}},
                 {"structuredContent", content},
                 {"isError", true}};
  if (memberOf(envelope.params, "_meta").contains(mcp::kVersionKey)) result["resultType"] = "complete";
  return mcp::resultMessage(envelope.id, mcp::dumpJson(result));
}

void RelaySession::cancelWhatHolderAsked() {
  for (Json& id : askedByHolder_) {
    toClient(mcp::notificationMessage("notifications/cancelled",
                                      {{"requestId", id}, {"reason", "The server that asked has ended."}}));
    askedByTheLost_.push_back(std::move(id));
  }
  askedByHolder_.clear();
}

}  // namespace checkout::transport

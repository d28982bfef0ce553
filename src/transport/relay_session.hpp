// What a relay remembers of the conversation between its client and the process that serves it (the holder of
// the store), so that another process can go on with it: the client notices nothing when the holder goes.
//
// A state machine without descriptors or threads. Lines go through as they are; besides,
// - what the client has set up (the handshake, its log level, its subscriptions) is kept, and sent again to a
//   new holder, whose answers the client does not see a second time;
// - a request without an answer is sent again if that is harmless, else answered with an error that says so;
// - what the old holder had asked the client is cancelled, and an answer to it dropped.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkout/error.hpp>
#include <checkout/json.hpp>

namespace checkout::transport {

class RelaySession {
 public:
  // For a call whose answer was lost: nullopt if it may be made again, else what to tell the agent. Whatever
  // the error's code, the agent is told not to retry.
  using LostCall = std::function<std::optional<Error>(std::string_view tool)>;
  explicit RelaySession(LostCall lostCall);

  void fromClient(std::string_view line);  // without its end
  void clientEnded();  // nothing more comes from the client; what it asked is still answered
  void fromHolder(std::string_view line);

  // What is still to be written of the next line for the holder, with its end; empty: nothing waits.
  std::string_view forHolder();
  void sentToHolder(std::size_t bytes);  // so much of it was written

  // The connection to the holder has ended, and nothing more comes from it. What forHolder() says next is for
  // its successor.
  void holderLost();

  std::string takeForClient();           // whole lines with their ends
  void toClient(std::string_view line);  // a line of the relay's own

  std::size_t waitingForHolder() const { return waiting_; }  // bytes; for whoever limits what it reads
  bool awaitsAnswers() const;  // is there anything left that the client has to be told?

 private:
  enum class Role {
    Plain,
    Initialize,
    Initialized,
    LogLevel,
    Subscribe,
    Unsubscribe,
    Listen,
    Call,
    Batch,
    Response
  };

  // One line of the client, from the moment it came until nobody needs it any more.
  struct Entry {
    std::string line;
    Role role = Role::Plain;
    std::string topic;          // the uri of Subscribe and Unsubscribe
    std::vector<Json> owed;     // the ids to be answered, null for what has none; several in a batch
    std::vector<Json> cancels;  // the ids of the requests that it cancels
    std::vector<Json> answers;  // the ids of the holder's requests that it answers
    bool isSent = false;        // to this holder
    bool isAwaited = false;     // this holder owes the answer
    bool isAnswered =
        false;  // the client has its answer; what is kept is sent to the next holder all the same
    bool isAcknowledged = false;  // Listen
    bool isWithdrawn = false;     // it was cancelled, or a part of a batch was, and the line still has it

    bool isAsked() const { return !owed.empty() && !isAnswered; }
  };
  using Journal = std::list<Entry>;

  static Entry read(std::string line);
  static Entry readMessage(Json message);
  static bool isKept(Role role);
  static Json partsLeftOf(const Entry& batch);

  Journal::iterator append(Entry entry);
  void erase(Journal::iterator entry);
  Journal::iterator awaited(const Json& id);
  Journal::iterator awaitedBatch(const Json& answers);
  Journal::iterator awaitedWithoutId();
  void cancel(const Json& id);
  void withdraw(Journal::iterator entry);
  void wasSent(Journal::iterator entry);
  void takeAnswer(Journal::iterator entry, std::string_view line);
  void keep(Journal::iterator entry);
  void keepPart(const Json& part, Entry entry);
  void keepPartsOf(const Entry& batch, const Json& answers);
  void forgetSubscription(const std::string& topic);
  bool isSecondAcknowledgement(std::string_view line);
  void tellOfUpdate(const std::string& uri, const Json* subscription);
  bool isOver(Entry& entry);
  bool giveUpLostCalls(Entry& entry);
  std::optional<std::string> answerToLostCall(const Json& request) const;
  void refuseQuestion(const Json& id);
  void cancelWhatHolderAsked();

  const LostCall lostCall_;
  Journal journal_;                          // in the order in which the client spoke
  Journal::iterator next_ = journal_.end();  // the first that is not sent; all behind it are not sent either
  std::string line_;                         // being sent, with its end
  std::size_t written_ = 0;                  // of it
  std::size_t waiting_ = 0;
  std::string forClient_;
  std::vector<Json> askedByHolder_;   // ids of its requests to the client
  std::vector<Json> askedByTheLost_;  // of holders that are gone
  bool clientEnded_ = false;
};

}  // namespace checkout::transport

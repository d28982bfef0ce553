// Writes whole lines to a descriptor, from many threads, whose reader may be slow.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <checkout/clock.hpp>

#include "transport/event.hpp"
#include "transport/line_io.hpp"

namespace checkout::transport {

// Thread-safe. Nobody who hands it a line waits for the reader: who finds the descriptor free writes what it
// takes at once, the rest is left to a thread of its own. The one that reads requests is to look at isFull(),
// and not to read while the answers to earlier ones pile up.
//
// Once it is finished or broken it swallows what comes, and touches `out` no more; so whoever may still have
// something to say to a connection that ends holds it by a shared_ptr, and need not know of the end.
class LineWriter {
 public:
  explicit LineWriter(int out);
  ~LineWriter();  // gives up what is queued, if it was not finished
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Line breaks within become spaces.
  void write(std::string line);
  // For a reader that is far behind, or gone, the line is dropped: false. The log tells of the former.
  bool post(std::string line);
  // Much is queued. Whenever it no longer is, hasRoom() is set; clear it before asking.
  bool isFull() const;
  Event& hasRoom() { return hasRoom_; }

  // Writes what is queued, for `grace` at most, however much the reader takes meanwhile. Harmless to repeat.
  void finish(Milliseconds grace);
  // Set once the descriptor is closed by the reader or given up.
  const Event& broken() const { return brokenEvent_; }

 private:
  void run();
  void enqueue(std::string line);  // with the lock held
  void giveUp();                   // with the lock held
  // What the descriptor takes without waiting. The lock is free while it writes.
  void writeSome(std::unique_lock<std::mutex>& lock);
  bool waitUntilWritable(std::unique_lock<std::mutex>& lock);
  std::size_t backlog() const { return queue_.size() - written_; }

  const int out_;
  mutable std::mutex mutex_;
  std::condition_variable due_;
  std::string queue_;
  std::size_t written_ = 0;  // of the queue
  bool isWriting_ = false;   // somebody is in writeSome()
  bool isBroken_ = false;
  std::optional<Deadline> end_;  // set by finish()
  Event brokenEvent_, hasRoom_, finishing_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace checkout::transport

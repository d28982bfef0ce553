// Writes whole lines to a descriptor, from many threads, whose reader may be slow.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <checkout/clock.hpp>

#include "transport/event.hpp"

namespace checkout::transport {

// Thread-safe. Who finds the descriptor free writes; the rest is left to a thread of its own.
class LineWriter {
 public:
  // Once `stopFd` is readable (-1: never), a reader that takes nothing for `grace` is given up.
  LineWriter(int out, int stopFd, Milliseconds grace);
  ~LineWriter();  // finish()
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Line breaks within become spaces. Waits while much is queued.
  void write(std::string line);
  // Never waits: for a reader that is far behind, the line is dropped, and the log says so.
  void post(std::string line);
  // From now on, as from a stop, a reader that takes nothing is waited for no longer than the grace.
  void hurry() { hurry_.set(); }
  // Writes what is queued. Lines that come later are dropped. Harmless to repeat.
  void finish();
  // Set once the descriptor is closed or given up.
  const Event& broken() const { return brokenEvent_; }

 private:
  void run();
  void enqueue(std::string line);  // with the lock held
  void takeTurn(std::unique_lock<std::mutex>& lock);
  bool send(std::string_view lines);  // false: the reader is gone
  bool waitUntilWritable();

  const int out_, stopFd_;
  const Milliseconds grace_;
  std::mutex mutex_;
  std::condition_variable due_, room_;
  std::string queue_;
  bool busy_ = false;  // somebody writes
  bool finishing_ = false;
  bool broken_ = false;
  Event brokenEvent_, hurry_;
  std::thread thread_;
};

}  // namespace checkout::transport

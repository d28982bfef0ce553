// Ends network exchanges at their deadline, whatever they are doing: connecting, a TLS handshake, or waiting
// for a peer that sends a byte a second and so never runs into a timeout of a single read.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace checkout::stripe {

// Owns one thread. Must outlive its exchanges.
class DeadlineWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  DeadlineWatch();
  ~DeadlineWatch();
  DeadlineWatch(const DeadlineWatch&) = delete;
  DeadlineWatch& operator=(const DeadlineWatch&) = delete;

  // One exchange under watch, from construction to destruction.
  class Exchange {
   public:
    Exchange(DeadlineWatch& watch, Time due);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    // The socket to shut down at the deadline; replaces the one before. It must stay open until it is
    // replaced or the exchange ends.
    void attach(int fd);
    bool expired() const;

   private:
    friend class DeadlineWatch;
    DeadlineWatch& watch_;
    Time due_;
    int fd_ = -1;
    bool expired_ = false;
  };

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<Time, Exchange*>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace checkout::stripe

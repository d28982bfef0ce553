// A copy of this program as a child process, with its standard streams in our hands.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include <checkout/clock.hpp>
#include <checkout/result.hpp>

namespace checkout::app::demo {

// Used by one thread. Errors are ServiceUnavailable: the child ended, was too slow, or we are to stop.
class Child {
 public:
  // `stopFd` becoming readable ends every wait.
  static Result<std::unique_ptr<Child>> start(const std::vector<std::string>& arguments, int stopFd);
  ~Child();  // ends the child: politely first, then not

  Result<void> writeLine(const std::string& line);
  Result<std::string> readLine(Milliseconds deadline);  // from stdout
  // Waits for a line on stderr that begins with `prefix`; returns the rest of it.
  Result<std::string> announced(const std::string& prefix, Milliseconds deadline);
  std::string stderrTail(std::size_t lines);

 private:
  Child() = default;
  void readStderr();

  pid_t pid_ = -1;
  int in_ = -1, out_ = -1, err_ = -1, stopFd_ = -1;
  std::string pending_;  // read from stdout, not yet a whole line

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string stderr_;
  bool stderrEnded_ = false;
  std::thread reader_;
};

}  // namespace checkout::app::demo

#include "app/demo/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace checkout::app::demo {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Milliseconds kEndGrace{2'000};

Error trouble(std::string what) {
  return Error(ErrorCode::ServiceUnavailable, std::move(what));
}

// The demo is paid at the simulator, whatever Stripe account the shell knows.
std::vector<std::string> childEnvironment() {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (std::strncmp(*entry, "STRIPE_", 7) != 0) variables.emplace_back(*entry);
  return variables;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

struct Pipe {
  int read = -1, write = -1;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

void closeAll(std::initializer_list<int> descriptors) {
  for (const int descriptor : descriptors)
    if (descriptor >= 0) ::close(descriptor);
}

int millisUntil(SteadyTime deadline) {
  const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

bool endedWithin(pid_t pid, Milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (::waitpid(pid, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(const std::vector<std::string>& arguments, int stopFd) {
  Pipe in, out, err;
  if (!in.open() || !out.open() || !err.open()) {
    closeAll({in.read, in.write, out.read, out.write});
    return trouble("no pipes can be made");
  }
  std::vector<std::string> words = {"checkout-mcp"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = childEnvironment();
  const auto argumentPointers = pointersTo(words);
  const auto variablePointers = pointersTo(variables);

  const pid_t pid = ::fork();
  if (pid == 0) {  // nothing but system calls from here on
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in.read, STDIN_FILENO);
    ::dup2(out.write, STDOUT_FILENO);
    ::dup2(err.write, STDERR_FILENO);
    ::execve("/proc/self/exe", argumentPointers.data(), variablePointers.data());
    ::_exit(127);
  }
  closeAll({in.read, out.write, err.write});
  if (pid < 0) {
    closeAll({in.write, out.read, err.read});
    return trouble("no process can be started");
  }
  std::unique_ptr<Child> child(new Child);
  child->pid_ = pid;
  child->in_ = in.write;
  child->out_ = out.read;
  child->err_ = err.read;
  child->stopFd_ = stopFd;
  child->reader_ = std::thread([&made = *child] { made.readStderr(); });
  return child;
}

Child::~Child() {
  ::close(in_);  // a stdio server ends with its input
  ::kill(pid_, SIGTERM);
  if (!endedWithin(pid_, kEndGrace)) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  reader_.join();
  closeAll({out_, err_});
}

void Child::readStderr() {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(err_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (size > 0)
      stderr_.append(buffer.data(), static_cast<std::size_t>(size));
    else
      stderrEnded_ = true;
    changed_.notify_all();
    if (stderrEnded_) return;
  }
}

Result<void> Child::writeLine(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(in_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return trouble("the server has closed its input");
    done += static_cast<std::size_t>(written);
  }
  return {};
}

Result<std::string> Child::readLine(Milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    if (const auto end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    std::array<pollfd, 2> entries = {pollfd{out_, POLLIN, 0}, pollfd{stopFd_, POLLIN, 0}};
    const int ready = ::poll(entries.data(), entries.size(), millisUntil(until));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return trouble("no answer within " + std::to_string(deadline.count()) + " ms");
    if (entries[1].revents != 0) return trouble("interrupted");
    std::array<char, 65536> buffer{};
    const ssize_t size = ::read(out_, buffer.data(), buffer.size());
    if (size <= 0) return trouble("the server has ended");
    pending_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

Result<std::string> Child::announced(const std::string& prefix, Milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  std::unique_lock lock(mutex_);
  for (;;) {
    for (std::size_t start = 0, end; (end = stderr_.find('\n', start)) != std::string::npos; start = end + 1)
      if (stderr_.compare(start, prefix.size(), prefix) == 0)
        return stderr_.substr(start + prefix.size(), end - start - prefix.size());
    if (stderrEnded_) return trouble("the server has ended");
    if (changed_.wait_until(lock, until) == std::cv_status::timeout)
      return trouble("\"" + prefix + "\" was not announced within " + std::to_string(deadline.count()) +
                     " ms");
  }
}

std::string Child::stderrTail(std::size_t lines) {
  const std::lock_guard lock(mutex_);
  std::size_t start = stderr_.size();
  for (std::size_t seen = 0; start > 0; --start)
    if (stderr_[start - 1] == '\n' && start < stderr_.size() && ++seen == lines) break;
  return stderr_.substr(start);
}

}  // namespace checkout::app::demo

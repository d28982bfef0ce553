#include "chaos/process.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <random>
#include <set>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace checkout::chaos {
namespace {

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(const Launch& launch) {
  std::vector<std::string> words = {launch.program.string()};
  words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (std::strncmp(*entry, "CHECKOUT_", 9) != 0 && std::strncmp(*entry, "STRIPE_", 7) != 0)
      variables.emplace_back(*entry);
  for (const auto& [name, value] : launch.environment) variables.push_back(name + "=" + value);
  const auto wordPointers = pointersTo(words);
  const auto variablePointers = pointersTo(variables);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, launch.log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, launch.program.c_str(), &actions, nullptr, wordPointers.data(),
                                   variablePointers.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return Error(ErrorCode::ServiceUnavailable,
                 launch.program.string().append(" can't be started: ").append(std::strerror(failed)));
  return std::unique_ptr<Process>(new Process(pid));
}

Process::~Process() {
  kill();
}

bool Process::reap(int options) {
  const std::lock_guard lock(mutex_);
  if (gone_) return true;
  int status = 0;
  pid_t done = 0;
  do done = ::waitpid(pid_, &status, options);
  while (done < 0 && errno == EINTR);
  if (done == 0) return false;
  gone_ = true;
  if (done == pid_ && WIFEXITED(status)) exitCode_ = WEXITSTATUS(status);
  return true;
}

bool Process::isRunning() {
  return !reap(WNOHANG);
}

void Process::kill() {
  send(SIGKILL);
  reap(0);
}

std::optional<int> Process::stop(Milliseconds grace) {
  send(SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!reap(WNOHANG) && std::chrono::steady_clock::now() < deadline) pause(Milliseconds(2));
  kill();
  return exitCode();
}

std::optional<int> Process::exitCode() {
  const std::lock_guard lock(mutex_);
  return exitCode_;
}

void Process::send(int signal) {
  const std::lock_guard lock(mutex_);
  if (!gone_) ::kill(pid_, signal);  // once reaped, the number may be somebody else's
}

// Each once in a process: another world's server may be down for a moment, and come back.
std::uint16_t freePort() {
  static std::mutex mutex;
  static std::set<std::uint16_t> given;
  constexpr std::uint32_t kFirst = 16'384, kLast = 32'767;
  std::random_device random;
  for (int tries = 0; tries < 1'000; ++tries) {
    const auto port = static_cast<std::uint16_t>(kFirst + random() % (kLast - kFirst));
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool isFree = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    const std::lock_guard lock(mutex);
    if (isFree && given.insert(port).second) return port;
  }
  return 0;
}

void pause(Milliseconds time) {
  ::poll(nullptr, 0, static_cast<int>(time.count()));
}

}  // namespace checkout::chaos

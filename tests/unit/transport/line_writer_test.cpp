#include "transport/line_writer.hpp"

#include <atomic>
#include <csignal>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace checkout::transport {
namespace {

class LineWriterTest : public ::testing::Test {
 protected:
  LineWriterTest() {
    if (::pipe(ends_) != 0) std::abort();
  }
  ~LineWriterTest() override {
    closeReader();
    ::close(ends_[1]);
  }
  int out() const { return ends_[1]; }
  void closeReader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  std::string nextLine() {
    while (buffer_.find('\n') == std::string::npos) {
      char chunk[65'536];
      const ssize_t size = ::read(ends_[0], chunk, sizeof chunk);
      if (size <= 0) return {};
      buffer_.append(chunk, static_cast<std::size_t>(size));
    }
    const auto end = buffer_.find('\n');
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
  }

 private:
  int ends_[2];
  std::string buffer_;
};

TEST_F(LineWriterTest, KeepsTheOrderOfOneThreadWhicheverWayItWrites) {
  LineWriter writer(out(), -1, Milliseconds(1'000));
  for (int i = 0; i < 100; ++i) i % 3 == 0 ? writer.write(std::to_string(i)) : writer.post(std::to_string(i));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(nextLine(), std::to_string(i));
}

TEST_F(LineWriterTest, NeverMixesLinesOfManyThreads) {
  constexpr int kThreads = 4, kLines = 500;
  LineWriter writer(out(), -1, Milliseconds(1'000));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kLines; ++i)
        i % 2 ? writer.write(std::string(200, static_cast<char>('a' + t)))
              : writer.post(std::string(200, static_cast<char>('a' + t)));
    });
  std::map<std::string, int> lines;
  for (int i = 0; i < kThreads * kLines; ++i) ++lines[nextLine()];
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kThreads));
  for (const auto& line : lines) EXPECT_EQ(line.second, kLines);
}

TEST_F(LineWriterTest, PostsNeverWaitForAReaderThatDoesNotRead) {
  LineWriter writer(out(), -1, Milliseconds(1));
  const std::string line(1'000, 'x');
  for (int i = 0; i < 20'000; ++i) writer.post(line);  // far more than it keeps
  writer.hurry();
}  // and finishes although nobody reads

TEST_F(LineWriterTest, FinishingWritesWhatIsQueued) {
  std::string line;
  {
    LineWriter writer(out(), -1, Milliseconds(1'000));
    writer.post("a\nb\rc");
    writer.finish();
    writer.post("too late");
  }
  EXPECT_EQ(nextLine(), "a b c");
}

TEST_F(LineWriterTest, SaysWhenTheReaderIsGone) {
  LineWriter writer(out(), -1, Milliseconds(1'000));
  ::signal(SIGPIPE, SIG_IGN);
  closeReader();
  writer.write("nobody reads this");
  std::uint64_t flag = 0;
  EXPECT_EQ(::read(writer.broken().fd(), &flag, sizeof flag), static_cast<ssize_t>(sizeof flag));
  writer.write("neither this");
}

}  // namespace
}  // namespace checkout::transport

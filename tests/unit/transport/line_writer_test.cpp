#include "transport/line_writer.hpp"

#include <atomic>
#include <csignal>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <poll.h>
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
  int reading() const { return ends_[0]; }
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
  LineWriter writer(out());
  for (int i = 0; i < 100; ++i)
    if (i % 3 == 0)
      writer.write(std::to_string(i));
    else
      EXPECT_TRUE(writer.post(std::to_string(i)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(nextLine(), std::to_string(i));
}

TEST_F(LineWriterTest, NeverMixesLinesOfManyThreads) {
  constexpr int kThreads = 4, kLines = 500;
  LineWriter writer(out());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kLines; ++i)
        if (const std::string line(200, static_cast<char>('a' + t)); i % 2)
          writer.write(line);
        else
          writer.post(line);
    });
  std::map<std::string, int> lines;
  for (int i = 0; i < kThreads * kLines; ++i) ++lines[nextLine()];
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kThreads));
  for (const auto& line : lines) EXPECT_EQ(line.second, kLines);
}

TEST_F(LineWriterTest, PostsNeverWaitForAReaderThatDoesNotRead) {
  LineWriter writer(out());
  const std::string line(1'000, 'x');
  int kept = 0;
  for (int i = 0; i < 20'000; ++i) kept += writer.post(line) ? 1 : 0;  // far more than it keeps
  EXPECT_LT(kept, 20'000);
  EXPECT_TRUE(writer.isFull());
  writer.finish(Milliseconds(1));  // although nobody reads
  EXPECT_FALSE(writer.isFull());
}

TEST_F(LineWriterTest, AnswersNeverWaitForAReaderThatDoesNotRead) {
  LineWriter writer(out());
  for (int i = 0; i < 20; ++i) writer.write(std::string(1'000'000, 'x'));
  EXPECT_TRUE(writer.isFull());
}

TEST_F(LineWriterTest, SaysWhenThereIsRoomAgain) {
  LineWriter writer(out());
  for (int i = 0; i < 3; ++i) writer.write(std::string(1'000'000, 'x'));
  for (;;) {
    writer.hasRoom().clear();
    if (!writer.isFull()) break;
    nextLine();
  }
  EXPECT_NE(nextLine(), "");
}

TEST_F(LineWriterTest, ItsEndIsNotHeldUpByAReaderThatTakesALittleNowAndThen) {
  std::thread reader;
  const Deadline limit(Milliseconds(60'000));
  {
    LineWriter writer(out());
    for (int i = 0; i < 100; ++i) writer.write(std::string(1'000'000, 'x'));
    reader = std::thread([this, broken = ::dup(writer.broken().fd())] {
      char some[4096];
      while (!waitFor(broken, POLLIN, Deadline(Milliseconds(5)), -1))
        if (::read(reading(), some, sizeof some) <= 0) break;
      ::close(broken);
    });
    writer.finish(Milliseconds(50));
  }
  reader.join();
  EXPECT_GT(limit.left(), 0);  // at 4 KiB every 5 ms it would take two minutes
}

TEST_F(LineWriterTest, FinishingWritesWhatIsQueued) {
  std::string line;
  {
    LineWriter writer(out());
    writer.post("a\nb\rc");
    writer.finish(Milliseconds(1'000));
    EXPECT_FALSE(writer.post("too late"));
  }
  EXPECT_EQ(nextLine(), "a b c");
}

TEST_F(LineWriterTest, SaysWhenTheReaderIsGone) {
  LineWriter writer(out());
  ::signal(SIGPIPE, SIG_IGN);
  closeReader();
  writer.write("nobody reads this");
  std::uint64_t flag = 0;
  EXPECT_EQ(::read(writer.broken().fd(), &flag, sizeof flag), static_cast<ssize_t>(sizeof flag));
  writer.write("neither this");
}

}  // namespace
}  // namespace checkout::transport

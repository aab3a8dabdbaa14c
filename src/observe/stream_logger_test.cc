#include "observe/stream_logger.h"

#include <unistd.h>

#include <algorithm>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "base/format.h"
#include "base/testing.h"
#include "observe/collecting_logger.h"

namespace sluice::observe {
namespace {

using testing::ElementsAre;
using testing::EndsWith;

/// Both ends of a pipe: the logger writes, the test reads.
class StreamLogger : public testing::Test {
 protected:
  StreamLogger() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    read_end_ = FileDescriptor(ends[0]);
    write_end_ = FileDescriptor(ends[1]);
  }

  std::unique_ptr<Logger> NewLogger() const {
    return NewStreamLogger({.fd = write_end_.get()}, clock_);
  }

  /// Waits for something to read.
  std::string ReadSome() const {
    std::string bytes(1 << 16, '\0');
    const ssize_t count = read(read_end_.get(), bytes.data(), bytes.size());
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return bytes;
  }

  /// Everything until the write end is closed.
  std::string ReadAll() const {
    std::string all;
    for (std::string some = ReadSome(); !some.empty(); some = ReadSome()) all += some;
    return all;
  }

  SystemClock clock_;
  FileDescriptor read_end_;
  FileDescriptor write_end_;
};

TEST_F(StreamLogger, WritesEverythingBeforeItGoes) {
  auto logger = NewLogger();
  logger->Info("first", {{"n", 1}});
  logger->Info("second");
  logger.reset();
  write_end_ = FileDescriptor();
  const std::string all = ReadAll();
  EXPECT_THAT(all, EndsWith(" info second\n"));
  EXPECT_THAT(all, testing::HasSubstr(" info first n=1\n"));
}

TEST_F(StreamLogger, LinesComeOutWhileItLives) {
  const auto logger = NewLogger();
  logger->Info("plain");
  EXPECT_THAT(ReadSome(), EndsWith(" info plain\n"));
  logger->Warn("urgent");
  EXPECT_THAT(ReadSome(), EndsWith(" warn urgent\n"));
}

TEST_F(StreamLogger, LeavesOutWhatIsBelowItsLevel) {
  auto logger = NewLogger();
  logger->Debug("hidden");
  logger.reset();
  write_end_ = FileDescriptor();
  EXPECT_EQ(ReadAll(), "");
}

TEST_F(StreamLogger, LosesNoLineOfManyThreadsAndASlowReader) {
  constexpr int kThreads = 4;
  constexpr int kLines = 10'000;
  const std::string padding(200, 'p');  // So that the bound on what is pending is met.
  auto all = std::async(std::launch::async, [this] { return ReadAll(); });
  auto logger = NewLogger();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int line = 0; line < kLines; ++line) {
        logger->Info("line", {{"padding", padding}, {"id", thread * kLines + line}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  logger.reset();
  write_end_ = FileDescriptor();

  const std::string text = all.get();
  std::set<std::string> ids;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    ids.insert(text.substr(text.rfind('=', end), end - text.rfind('=', end)));
    start = end + 1;
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kThreads * kLines));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), kThreads * kLines);
}

TEST_F(StreamLogger, DescriptorThatFailsStopsNobody) {
  write_end_ = FileDescriptor();
  const auto logger = NewStreamLogger({.fd = -1}, clock_);
  for (int i = 0; i < 50'000; ++i) logger->Info("lost", {{"padding", "pppppppppppppppppppppppp"}});
}

TEST(CollectingLogger, KeepsLines) {
  CollectingLogger logger;
  logger.Warn("reload failed", {{"file", "a b"}});
  logger.Info("request");
  EXPECT_THAT(logger.TakeLines(), ElementsAre("warn reload failed file=\"a b\"", "info request"));
  EXPECT_THAT(logger.TakeLines(), ElementsAre());
}

}  // namespace
}  // namespace sluice::observe

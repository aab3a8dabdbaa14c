#include "observe/stream_logger.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::observe {
namespace {

constexpr std::chrono::milliseconds kMaxDelay{150};
constexpr std::size_t kWriteSoonBytes = 64 << 10;
constexpr std::size_t kMaxPendingBytes = 1 << 20;

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
      poll(&ready, 1, /*timeout=*/-1);
    } else if (errno != EINTR) {
      return;  // The log itself has failed: there is nowhere to say so.
    }
  }
}

class StreamLogger final : public Logger {
 public:
  StreamLogger(const StreamLoggerOptions& options, const Clock& clock)
      : options_(options), clock_(clock), writer_([this] { RunWriter(); }) {}

  ~StreamLogger() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    writer_.join();
  }

  void Log(const LogRecord& record) override {
    if (record.level < options_.min_level) return;
    thread_local std::string line;  // Keeps its capacity from line to line.
    line.clear();
    AppendLogLine(record, clock_.Now(), options_.format, line);
    if (Enqueue(line, record.level >= LogLevel::kWarn)) work_.notify_one();
  }

 private:
  /// Returns whether the writer must be woken. That is seldom, since it costs more than the line.
  bool Enqueue(std::string_view line, bool is_urgent) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return pending_.size() < kMaxPendingBytes; });
    const bool was_empty = pending_.empty();
    const bool was_soon = MustWriteSoon();
    pending_ += line;
    is_urgent_ = is_urgent_ || is_urgent;
    return was_empty || (!was_soon && MustWriteSoon());
  }

  bool MustWriteSoon() const {
    return stopping_ || is_urgent_ || pending_.size() >= kWriteSoonBytes;
  }

  void RunWriter() {
    std::string writing;
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
      if (pending_.empty()) return;
      work_.wait_for(lock, kMaxDelay, [this] { return MustWriteSoon(); });
      std::swap(pending_, writing);
      is_urgent_ = false;
      lock.unlock();
      room_.notify_all();
      WriteAll(options_.fd, writing);
      writing.clear();
      lock.lock();
    }
  }

  const StreamLoggerOptions options_;
  const Clock& clock_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable room_;
  std::string pending_;  // Guarded by mutex_, as are the two below.
  bool is_urgent_ = false;
  bool stopping_ = false;

  std::thread writer_;  // Last: it uses all of the above.
};

}  // namespace

std::unique_ptr<Logger> NewStreamLogger(const StreamLoggerOptions& options, const Clock& clock) {
  return std::make_unique<StreamLogger>(options, clock);
}

}  // namespace sluice::observe

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/file_descriptor.h"
#include "db/pool_internal.h"
#include "db/sqlite_connection_internal.h"

namespace sluice::db {
namespace {

/// Counts the notifications of each channel; listeners wait until a count has changed.
struct Bulletin {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::uint64_t, std::less<>> counts;

  void Announce(const std::vector<std::string>& channels) {
    if (channels.empty()) return;
    {
      const std::lock_guard lock(mutex);
      for (const std::string& channel : channels) ++counts[channel];
    }
    changed.notify_all();
  }
};

struct Subscription {
  std::string channel;
  std::chrono::milliseconds poll_interval{};
  std::function<void()> heard;
};

class SqliteListener final : public Listener {
 public:
  SqliteListener(std::shared_ptr<Bulletin> bulletin, Subscription subscription)
      : bulletin_(std::move(bulletin)), subscription_(std::move(subscription)) {
    const std::lock_guard lock(bulletin_->mutex);
    thread_ = std::thread([this, seen = bulletin_->counts[subscription_.channel]] { Wait(seen); });
  }
  ~SqliteListener() override {
    {
      const std::lock_guard lock(bulletin_->mutex);
      stopping_ = true;
    }
    bulletin_->changed.notify_all();
    thread_.join();
  }

 private:
  void Wait(std::uint64_t seen) {
    std::unique_lock lock(bulletin_->mutex);
    std::uint64_t& count = bulletin_->counts[subscription_.channel];
    while (!stopping_) {
      bulletin_->changed.wait_for(lock, subscription_.poll_interval,
                                  [&] { return stopping_ || count != seen; });
      if (stopping_) return;
      seen = count;
      lock.unlock();
      subscription_.heard();
      lock.lock();
    }
  }

  const std::shared_ptr<Bulletin> bulletin_;
  const Subscription subscription_;
  bool stopping_ = false;  ///< Guarded by the bulletin's mutex.
  std::thread thread_;
};

/// Makes an empty file of mode 0600, whose mode SQLite gives to its other files too. One that is
/// there is left alone: opening and closing it would end the locks that this process holds on it.
Result<bool> MakeFile(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.valid()) return true;
  if (errno == EEXIST) return false;
  return WithDetail(Unavailable("the database cannot be made"),
                    Format("{}: {}", path, std::strerror(errno)));
}

/// A path that SQLite cannot take for a "file:" URI.
std::string AbsolutePath(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).string();
}

PoolOptions<SqliteConnection> PoolOf(const SqliteOptions& options, bool only_reads) {
  return {.limit = only_reads ? options.max_readers : 1,
          .patience = options.busy_timeout,
          .make = [connection = SqliteConnection::Options{.path = options.path,
                                                          .only_reads = only_reads,
                                                          .busy_timeout = options.busy_timeout,
                                                          .cache_bytes = options.cache_bytes}] {
            return SqliteConnection::Open(connection);
          }};
}

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(const SqliteOptions& options)
      : in_memory_(options.path.empty()),
        writers_(PoolOf(options, /*only_reads=*/false)),
        readers_(PoolOf(options, /*only_reads=*/true)) {}

  Result<void> Run(const Body& body) override {
    const auto writer = TRY(writers_.Borrow());
    Result<void> done = body(*writer);
    bulletin_->Announce(writer->TakeNotified());
    return done;
  }

  Result<void> InTransaction(const Body& body) override {
    const auto writer = TRY(writers_.Borrow());
    Result<void> done = writer->InTransaction("BEGIN IMMEDIATE", body);
    const std::vector<std::string> notified = writer->TakeNotified();
    if (done.ok()) bulletin_->Announce(notified);
    return done;
  }

  Result<void> ReadSnapshot(const Body& body) override {
    const auto reader = TRY(Readers().Borrow());
    return reader->InTransaction("BEGIN", body);
  }

  Result<void> Notify(Connection& connection, std::string_view channel) override {
    static_cast<SqliteConnection&>(connection).Notify(channel);
    return {};
  }

  std::unique_ptr<Listener> Listen(std::string channel, std::chrono::milliseconds poll_interval,
                                   std::function<void()> heard) override {
    return std::make_unique<SqliteListener>(
        bulletin_, Subscription{std::move(channel), poll_interval, std::move(heard)});
  }

  Result<void> CopyTo(const std::string& path) override {
    const bool is_new = TRY(MakeFile(path));
    if (!is_new) return AlreadyExists("the copy's file is there already");
    const auto reader = TRY(Readers().Borrow());
    Result<void> done = reader->CopyTo(AbsolutePath(path));
    if (!done.ok()) ::unlink(path.c_str());
    return done;
  }

  Dialect dialect() const override { return Dialect::kSqlite; }

 private:
  /// A database in memory is that of its one connection.
  Pool<SqliteConnection>& Readers() { return in_memory_ ? writers_ : readers_; }

  const bool in_memory_;
  const std::shared_ptr<Bulletin> bulletin_ = std::make_shared<Bulletin>();
  Pool<SqliteConnection> writers_;
  Pool<SqliteConnection> readers_;
};

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(const SqliteOptions& options) {
  SqliteOptions absolute = options;
  absolute.path = AbsolutePath(options.path);
  if (!absolute.path.empty()) TRY(MakeFile(absolute.path));
  auto database = std::make_unique<SqliteDatabase>(absolute);
  const auto look = [](Connection& connection) -> Result<void> {
    TRY(connection.Query("SELECT count(*) FROM sqlite_schema"));
    return {};
  };
  TRY(database->Run(look));
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace sluice::db

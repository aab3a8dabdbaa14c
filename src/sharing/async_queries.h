#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "observe/trace.h"
#include "protocol/query.h"
#include "table/metadata.h"

namespace sluice::sharing {

/// A query whose table is made ready while its client asks now and then whether it is.
struct AsyncQuery {
  std::string id;
  std::string recipient;
  protocol::TableRef table;
  std::string parameters;  ///< What it asks for; the same key with other parameters is refused.
  protocol::QueryBody body;
  std::optional<protocol::FileIdHash> id_hash;
  table::Version version;  ///< Known from the start, so that the answer is about that moment.
};

/// The asynchronous queries of this process: bounded in number, forgotten after a while, the oldest
/// that are ready first. A query is found by its recipient and table alone: for anybody else it
/// does not exist. Thread-safe.
class AsyncQueries {
 public:
  struct Options {
    std::size_t threads = 2;
    std::size_t max_queries = 1'000;
    std::size_t max_of_recipient = 100;  ///< That are not ready yet.
    std::chrono::seconds lifetime{3600};
  };
  /// Makes the query's table ready, on a thread of this object.
  using Prepare = std::function<Result<void>(const AsyncQuery&)>;

  AsyncQueries(const Options& options, const Clock& clock, Prepare prepare);
  /// Waits for the queries that are being prepared; drops the others.
  ~AsyncQueries();
  AsyncQueries(const AsyncQueries&) = delete;
  AsyncQueries& operator=(const AsyncQueries&) = delete;

  /// Takes a query, whose `id` is made here, unless one with the same key is known already that has
  /// not failed: then that one is given. Errors: kInvalidArgument if that one had other parameters;
  /// kResourceExhausted if there are too many.
  Result<std::shared_ptr<const AsyncQuery>> Submit(AsyncQuery query,
                                                   const std::string& idempotency_key);

  /// Errors: kNotFound if the query is not known, has expired or is somebody else's.
  Result<std::shared_ptr<const AsyncQuery>> Find(const std::string& recipient,
                                                 const protocol::TableRef& table,
                                                 const std::string& id);

  /// Waits at most `wait` for the query to be ready; false if it is not. Errors: why it failed.
  Result<bool> WaitUntilReady(const AsyncQuery& query, std::chrono::milliseconds wait);

 private:
  struct Entry {
    std::shared_ptr<const AsyncQuery> query;
    observe::TracePointer trace;  ///< Of the request that asked first.
    std::string key;              ///< In `keys_`.
    SystemTime expires_at;
    std::optional<Result<void>> outcome;
  };

  void Run();
  Result<void> PrepareFor(const AsyncQuery& query, const observe::TracePointer& trace) const;
  void ForgetExpired();
  /// False if every query is still waited for.
  bool ForgetOldestReady();
  std::map<std::string, Entry>::iterator Forget(std::map<std::string, Entry>::iterator entry);
  void CountDown(const std::string& recipient);

  const Options options_;
  const Clock& clock_;
  const Prepare prepare_;
  std::mutex mutex_;  ///< Guards all that follows; not held while a query is prepared.
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<std::string, Entry> entries_;       ///< By id.
  std::map<std::string, std::string> keys_;    ///< Recipient, table and idempotency key: to the id.
  std::map<std::string, std::size_t> counts_;  ///< By recipient, those that are not ready.
  std::deque<std::string> waiting_;            ///< Ids, first come first served.
  std::vector<std::thread> threads_;
};

}  // namespace sluice::sharing

#include "sharing/async_queries.h"

#include <iterator>
#include <utility>

#include "base/encoding.h"
#include "crypto/random.h"
#include "crypto/sealed_token.h"

namespace sluice::sharing {
namespace {

constexpr std::size_t kIdBytes = 16;

Error UnknownQuery() { return NotFound("the query does not exist, or has expired"); }

bool IsSameTable(const protocol::TableRef& a, const protocol::TableRef& b) {
  return EqualsIgnoringAsciiCase(a.ToString(), b.ToString());
}

}  // namespace

AsyncQueries::AsyncQueries(const Options& options, const Clock& clock, Prepare prepare)
    : options_(options), clock_(clock), prepare_(std::move(prepare)) {
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

AsyncQueries::~AsyncQueries() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void AsyncQueries::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const std::string id = std::move(waiting_.front());
    waiting_.pop_front();
    const auto found = entries_.find(id);
    if (found == entries_.end()) continue;
    const std::shared_ptr<const AsyncQuery> query = found->second.query;
    const observe::TracePointer trace = found->second.trace;
    lock.unlock();
    Result<void> outcome = PrepareFor(*query, trace);
    lock.lock();
    if (const auto entry = entries_.find(id); entry != entries_.end()) {
      entry->second.outcome = std::move(outcome);
      CountDown(query->recipient);
    }
    changed_.notify_all();
  }
}

Result<void> AsyncQueries::PrepareFor(const AsyncQuery& query,
                                      const observe::TracePointer& trace) const {
  const observe::TraceScope scope(trace);
  return prepare_(query);
}

void AsyncQueries::CountDown(const std::string& recipient) {
  const auto count = counts_.find(recipient);
  if (--count->second == 0) counts_.erase(count);
}

std::map<std::string, AsyncQueries::Entry>::iterator AsyncQueries::Forget(
    std::map<std::string, Entry>::iterator entry) {
  if (!entry->second.outcome) CountDown(entry->second.query->recipient);
  keys_.erase(entry->second.key);
  return entries_.erase(entry);
}

void AsyncQueries::ForgetExpired() {
  const SystemTime now = clock_.Now();
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry = entry->second.expires_at > now ? std::next(entry) : Forget(entry);
  }
}

bool AsyncQueries::ForgetOldestReady() {
  auto oldest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!entry->second.outcome) continue;
    if (oldest == entries_.end() || entry->second.expires_at < oldest->second.expires_at) {
      oldest = entry;
    }
  }
  if (oldest == entries_.end()) return false;
  Forget(oldest);
  return true;
}

Result<std::shared_ptr<const AsyncQuery>> AsyncQueries::Submit(AsyncQuery query,
                                                               const std::string& idempotency_key) {
  const std::string key =
      crypto::JoinParts({query.recipient, AsciiLower(query.table.ToString()), idempotency_key});
  const std::lock_guard lock(mutex_);
  ForgetExpired();
  if (const auto known = keys_.find(key); known != keys_.end()) {
    const auto entry = entries_.find(known->second);
    if (entry->second.query->parameters != query.parameters) {
      return InvalidArgument("the idempotency key was used for a query with other parameters");
    }
    const std::optional<Result<void>>& outcome = entry->second.outcome;
    if (!outcome || outcome->ok()) return entry->second.query;
    Forget(entry);  // it may succeed now
  }
  const auto count = counts_.find(query.recipient);
  const bool has_room = entries_.size() < options_.max_queries || ForgetOldestReady();
  if (!has_room || (count != counts_.end() && count->second >= options_.max_of_recipient)) {
    return ResourceExhausted("too many asynchronous queries: wait for some to be ready");
  }
  ++counts_[query.recipient];
  query.id = crypto::RandomToken(kIdBytes);
  auto shared = std::make_shared<const AsyncQuery>(std::move(query));
  keys_[key] = shared->id;
  entries_[shared->id] = {.query = shared,
                          .trace = observe::CurrentTrace(),
                          .key = key,
                          .expires_at = clock_.Now() + options_.lifetime,
                          .outcome = {}};
  waiting_.push_back(shared->id);
  changed_.notify_all();
  return shared;
}

Result<std::shared_ptr<const AsyncQuery>> AsyncQueries::Find(const std::string& recipient,
                                                             const protocol::TableRef& table,
                                                             const std::string& id) {
  const std::lock_guard lock(mutex_);
  ForgetExpired();
  const auto found = entries_.find(id);
  if (found == entries_.end()) return UnknownQuery();
  const std::shared_ptr<const AsyncQuery>& query = found->second.query;
  if (query->recipient != recipient || !IsSameTable(query->table, table)) return UnknownQuery();
  return query;
}

Result<bool> AsyncQueries::WaitUntilReady(const AsyncQuery& query, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  const auto is_done = [&] {
    const auto entry = entries_.find(query.id);
    return stopping_ || entry == entries_.end() || entry->second.outcome;
  };
  if (!changed_.wait_for(lock, wait, is_done)) return false;
  const auto entry = entries_.find(query.id);
  if (entry == entries_.end()) return UnknownQuery();
  if (!entry->second.outcome) return false;
  TRY(*entry->second.outcome);
  return true;
}

}  // namespace sluice::sharing

#include "delta/commit_times.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "delta/actions.h"
#include "delta/log_reader.h"

namespace sluice::delta {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kFirstReadBytes = 64 << 10;
constexpr std::int64_t kMaxTimeMs = 253'402'300'799'999;  // the end of the year 9999

// Looks at nothing but a commit's own time.
class TimeSink final : public ActionSink {
 public:
  Result<void> OnProtocol(table::Protocol) override { return {}; }
  Result<void> OnMetadata(table::Metadata) override { return {}; }
  Result<void> OnAdd(const table::DataFile&) override { return {}; }
  Result<void> OnRemove(const table::DataFile&) override { return {}; }
  Result<void> OnCommitInfo(const CommitInfo& info) override {
    time_ms = info.in_commit_timestamp_ms;
    return {};
  }

  std::optional<std::int64_t> time_ms;
};

std::vector<SystemTime> GrowingTimes(const std::vector<CommitEntry>& commits) {
  std::vector<SystemTime> times;
  times.reserve(commits.size());
  for (const CommitEntry& commit : commits) {
    const bool grows = times.empty() || commit.modified_at > times.back();
    times.push_back(grows ? commit.modified_at : times.back() + milliseconds(1));
  }
  return times;
}

std::int64_t EarliestOf(const std::vector<CommitEntry>& commits) {
  CHECK(!commits.empty(), "a history has a commit");
  return commits.front().version;
}

}  // namespace

Result<std::optional<std::int64_t>> FirstInCommitTimestamp(const table::Metadata& latest) {
  using Version = std::optional<std::int64_t>;
  if (!latest.IsEnabled("delta.enableInCommitTimestamps")) return Version();
  const std::string* const since = latest.FindProperty("delta.inCommitTimestampEnablementVersion");
  if (since == nullptr) return Version(0);
  std::int64_t version = 0;
  const char* const end = since->data() + since->size();
  const auto [stop, failure] = std::from_chars(since->data(), end, version);
  if (failure != std::errc() || stop != end) {
    return WithDetail(CorruptData("the table does not tell since when its commits have a time"),
                      *since);
  }
  return Version(version);
}

CommitTimes::CommitTimes(std::shared_ptr<storage::ObjectStore> store, std::string log_directory,
                         const std::vector<CommitEntry>& commits,
                         std::optional<std::int64_t> first_in_commit)
    : store_(std::move(store)),
      log_directory_(std::move(log_directory)),
      earliest_(EarliestOf(commits)),
      file_times_(GrowingTimes(commits)),
      first_in_commit_(file_times_.size()) {
  if (!first_in_commit || *first_in_commit > latest()) return;
  const std::int64_t first = std::max(*first_in_commit, earliest_);
  first_in_commit_ = static_cast<std::size_t>(first - earliest_);
}

Result<SystemTime> CommitTimes::TimeOf(std::int64_t version) {
  if (version < earliest_ || version > latest()) {
    return InvalidArgument("there is no commit of version {}", version);
  }
  return TimeAt(static_cast<std::size_t>(version - earliest_));
}

Result<std::size_t> CommitTimes::CountBefore(SystemTime time, bool or_at) {
  std::size_t begin = 0;  // all commits below it count, none from `end` on
  std::size_t end = file_times_.size();
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    const SystemTime committed = TRY(TimeAt(middle));
    if (committed < time || (or_at && committed == time)) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

void CommitTimes::Note(std::int64_t version, std::int64_t in_commit_timestamp_ms) {
  if (version < earliest_ || version > latest()) return;
  if (in_commit_timestamp_ms < 0 || in_commit_timestamp_ms > kMaxTimeMs) return;
  const std::lock_guard lock(mutex_);
  in_commit_times_.emplace(static_cast<std::size_t>(version - earliest_),
                           SystemTime(milliseconds(in_commit_timestamp_ms)));
}

// A log that was copied has files younger than the times in its later commits: times from before
// these are held below the first of them.
Result<SystemTime> CommitTimes::TimeAt(std::size_t index) {
  if (index >= first_in_commit_) return InCommitTime(index);
  if (first_in_commit_ == file_times_.size()) return file_times_[index];
  const SystemTime first = TRY(InCommitTime(first_in_commit_));
  return std::min(file_times_[index], first - milliseconds(first_in_commit_ - index));
}

Result<SystemTime> CommitTimes::InCommitTime(std::size_t index) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = in_commit_times_.find(index);
    if (known != in_commit_times_.end()) return known->second;
  }
  const std::int64_t version = earliest_ + static_cast<std::int64_t>(index);
  auto time_ms = ReadInCommitTime(log_directory_ + "/" + CommitName(version));
  if (!time_ms.ok()) {
    if (time_ms.error().code != ErrorCode::kNotFound) return std::move(time_ms).error();
    return WithDetail(Unavailable("the table's log changed while it was read"),
                      time_ms.error().ToString());
  }
  Note(version, *time_ms);
  return SystemTime(milliseconds(*time_ms));
}

Result<std::int64_t> CommitTimes::ReadInCommitTime(const std::string& path) {
  TimeSink sink;
  const std::string line = TRY(ReadFirstLine(path));
  TRY(ReadCommit(line, path, sink));
  if (!sink.time_ms || *sink.time_ms < 0 || *sink.time_ms > kMaxTimeMs) {
    return WithDetail(CorruptData("a commit of the table does not tell its time"), path);
  }
  return *sink.time_ms;
}

// The commit's own words are its first line, which is mostly short.
Result<std::string> CommitTimes::ReadFirstLine(const std::string& path) {
  const auto object = TRY(store_->Open(path));
  std::string text(std::min(kFirstReadBytes, object->size_bytes()), '\0');
  TRY(object->ReadAt(0, text));
  if (text.find('\n') == std::string::npos && text.size() < object->size_bytes()) {
    text = TRY(store_->ReadAll(path, kMaxCommitBytes));
  }
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

}  // namespace sluice::delta

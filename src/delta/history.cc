#include "delta/history.h"

#include <optional>
#include <string>
#include <utility>

#include "delta/commit_times.h"
#include "delta/features.h"
#include "delta/log_reader.h"

namespace sluice::delta {
namespace {

using table::Version;

class DeltaHistory final : public table::History {
 public:
  DeltaHistory(CommitSurroundings surroundings, const std::vector<CommitEntry>& commits,
               std::optional<std::int64_t> first_in_commit)
      : surroundings_(std::move(surroundings)),
        log_directory_(surroundings_.root + "/_delta_log"),
        times_(surroundings_.store, log_directory_, commits, first_in_commit) {}

  Version earliest() const override { return Version(times_.earliest()); }
  Version latest() const override { return Version(times_.latest()); }

  Result<SystemTime> TimeOf(Version version) override {
    if (version >= earliest() && version <= latest()) return times_.TimeOf(version.value());
    // Before a hole in the log only the file itself tells.
    const auto info = surroundings_.store->Stat(log_directory_ + "/" + CommitName(version.value()));
    if (info.ok()) return info->modified_at;
    if (info.error().code != ErrorCode::kNotFound) return info.error();
    return InvalidArgument(
        "Cannot load table version {}: its commit is not in the log, which would tell its time",
        version);
  }

  Result<std::optional<Version>> LastAtOrBefore(SystemTime time) override {
    const std::size_t count = TRY(times_.CountBefore(time, /*or_at=*/true));
    if (count == 0) return std::optional<Version>();
    return std::optional(VersionAt(count - 1));
  }

  Result<std::optional<Version>> FirstAtOrAfter(SystemTime time) override {
    const Version version = VersionAt(TRY(times_.CountBefore(time, /*or_at=*/false)));
    if (version > latest()) return std::optional<Version>();
    return std::optional(version);
  }

  Result<table::Commit> Read(Version version, const table::Metadata& before) override {
    const std::string path = log_directory_ + "/" + CommitName(version.value());
    const auto text = surroundings_.store->ReadAll(path, kMaxCommitBytes);
    if (!text.ok()) {
      if (text.error().code != ErrorCode::kNotFound) return text.error();
      return WithDetail(
          MissingData("table files missing: version {} is not in the table's log", version.value()),
          path);
    }
    WholeCommit whole = TRY(ReadWholeCommit(*text, path, version, before, surroundings_));
    const table::Commit& commit = whole.commit;
    if (commit.protocol != nullptr) {
      TRY(CheckReadable(*commit.protocol, commit.metadata != nullptr ? *commit.metadata : before));
    }
    if (whole.in_commit_timestamp_ms) {
      times_.Note(version.value(), *whole.in_commit_timestamp_ms);
    }
    return std::move(whole.commit);
  }

 private:
  Version VersionAt(std::size_t index) const {
    return Version(times_.earliest() + static_cast<std::int64_t>(index));
  }

  const CommitSurroundings surroundings_;
  const std::string log_directory_;
  CommitTimes times_;
};

}  // namespace

Result<table::HistoryPtr> OpenHistory(CommitSurroundings surroundings,
                                      const std::vector<CommitEntry>& commits,
                                      const table::Metadata& latest) {
  if (commits.empty()) return MissingData("table files missing: there is no commit");
  const auto first_in_commit = TRY(FirstInCommitTimestamp(latest));
  return table::HistoryPtr(
      std::make_shared<DeltaHistory>(std::move(surroundings), commits, first_in_commit));
}

}  // namespace sluice::delta

#include "delta/log_segment.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace sluice::delta {
namespace {

constexpr std::size_t kVersionDigits = 20;
constexpr std::size_t kPartDigits = 10;
constexpr std::size_t kListLimit = 1000;
constexpr std::size_t kMaxLogFiles = 20'000'000;
constexpr std::uint64_t kMaxHintBytes = 1 << 20;
constexpr std::int64_t kMaxParts = 100'000;

std::optional<std::int64_t> ParseDigits(std::string_view text, std::size_t digits) {
  std::int64_t number = 0;
  if (text.size() < digits) return std::nullopt;
  const char* const end = text.data() + digits;
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || stop != end || text[0] == '-') return std::nullopt;
  return number;
}

// What the log's names say, before a segment is chosen.
struct Listing {
  std::vector<CommitEntry> commits;
  /// By first version, the one that reaches furthest.
  std::map<std::int64_t, CommitFile> compacted;
  std::map<std::int64_t, std::string> classic_checkpoints;
  std::map<std::int64_t, std::string> v2_checkpoints;
  /// By version and number of parts.
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::string>> multipart_checkpoints;
};

// "80a083e8-7026-4e79-81be-64bd76c43a11.json", or ".parquet"
bool IsV2Form(std::string_view form) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (form.size() <= kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
    const bool fits = kShape[i] == '-' ? form[i] == '-' : kHexDigits.find(form[i]) != form.npos;
    if (!fits) return false;
  }
  const std::string_view extension = form.substr(kShape.size());
  return extension == ".json" || extension == ".parquet";
}

// "0000000001.0000000003.parquet": the parts' order is that of their names.
void AddPart(std::int64_t version, std::string_view form, const std::string& name,
             Listing& listing) {
  constexpr std::string_view kShape = "0000000001.0000000003.parquet";
  if (form.size() != kShape.size() || form[kPartDigits] != '.') return;
  if (!form.ends_with(kShape.substr(2 * kPartDigits + 1))) return;
  const auto part = ParseDigits(form, kPartDigits);
  const auto parts = ParseDigits(form.substr(kPartDigits + 1), kPartDigits);
  if (!part || !parts || *part < 1 || *part > *parts) return;
  listing.multipart_checkpoints[{version, *parts}].push_back(name);
}

// ".00000000000000000009.compacted.json" after the first version's digits.
void AddCompacted(std::int64_t first, std::string_view rest, const std::string& name,
                  Listing& listing) {
  if (!rest.starts_with('.')) return;
  const auto last = ParseDigits(rest.substr(1), kVersionDigits);
  if (!last || rest.substr(1 + kVersionDigits) != ".compacted.json" || *last <= first) return;
  CommitFile& longest = listing.compacted[first];
  if (*last > longest.last) longest = {.name = name, .first = first, .last = *last};
}

void AddName(const storage::ObjectInfo& object, Listing& listing) {
  const std::string& name = object.name;
  const auto version = ParseDigits(name, kVersionDigits);
  if (!version) return;
  const std::string_view rest = std::string_view(name).substr(kVersionDigits);
  if (rest == ".json") {
    listing.commits.push_back({.version = *version, .modified_at = object.modified_at});
    return;
  }
  constexpr std::string_view kCheckpoint = ".checkpoint.";
  if (!rest.starts_with(kCheckpoint)) return AddCompacted(*version, rest, name, listing);
  const std::string_view form = rest.substr(kCheckpoint.size());
  if (form == "parquet") {
    listing.classic_checkpoints[*version] = name;
  } else if (IsV2Form(form)) {
    listing.v2_checkpoints[*version] = name;
  } else {
    AddPart(*version, form, name, listing);
  }
}

Result<Listing> ListLog(storage::ObjectStore& store, const std::string& directory,
                        std::string start_after) {
  Listing listing;
  for (std::size_t count = 0; count < kMaxLogFiles;) {
    const auto names =
        TRY(store.List({.directory = directory, .start_after = start_after, .limit = kListLimit}));
    for (const storage::ObjectInfo& object : names) AddName(object, listing);
    if (names.size() < kListLimit) return listing;
    count += names.size();
    start_after = names.back().name;
  }
  return TooLarge("the table's log has too many files");
}

struct Checkpoint {
  std::int64_t version = -1;
  std::vector<std::string> parts;
};

// The newest that is whole, at or before `wanted`. Of one version each does: a classic one is one
// file to read, a V2 one may be several, and parts may stem from writers that raced.
Checkpoint ChooseCheckpoint(const Listing& listing, std::int64_t wanted) {
  Checkpoint chosen;
  for (const auto* names : {&listing.classic_checkpoints, &listing.v2_checkpoints}) {
    const auto after = names->upper_bound(wanted);
    if (after == names->begin()) continue;
    const auto& [version, name] = *std::prev(after);
    if (version > chosen.version) chosen = {.version = version, .parts = {name}};
  }
  for (const auto& [key, names] : listing.multipart_checkpoints) {
    const auto& [version, parts] = key;
    const bool whole = parts <= kMaxParts && std::cmp_equal(names.size(), parts);
    const bool newer = version > chosen.version && version <= wanted;
    if (whole && newer) chosen = {.version = version, .parts = names};
  }
  return chosen;
}

constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

Error CannotLoad(std::int64_t version, std::string_view why) {
  return InvalidArgument("Cannot load table version {}: {}", version, why);
}

// The files that lead from `version` to `wanted` or as far as they go. Commits are preferred to
// compacted files, which some writers leave unreconciled: those only bridge commits that are gone.
std::vector<CommitFile> ChooseCommits(const Listing& listing, std::int64_t version,
                                      std::int64_t wanted) {
  std::vector<CommitFile> chosen;
  auto commit = listing.commits.begin();
  while (version < wanted) {
    const std::int64_t next = version + 1;
    while (commit != listing.commits.end() && commit->version < next) ++commit;
    const auto compacted = listing.compacted.find(next);
    if (commit != listing.commits.end() && commit->version == next) {
      chosen.push_back({.name = CommitName(next), .first = next, .last = next});
    } else if (compacted != listing.compacted.end() && compacted->second.last <= wanted) {
      chosen.push_back(compacted->second);
    } else {
      break;
    }
    version = chosen.back().last;
  }
  return chosen;
}

Result<LogSegment> MakeSegment(const Listing& listing, std::optional<std::int64_t> wanted) {
  const std::int64_t limit = wanted.value_or(kNewest);
  Checkpoint checkpoint = ChooseCheckpoint(listing, limit);
  LogSegment segment;
  segment.commits = ChooseCommits(listing, checkpoint.version, limit);
  segment.checkpoint_parts = std::move(checkpoint.parts);
  const std::int64_t reached =
      segment.commits.empty() ? checkpoint.version : segment.commits.back().last;
  const std::int64_t newest_commit = listing.commits.empty() ? -1 : listing.commits.back().version;
  const std::int64_t newest = std::max(newest_commit, ChooseCheckpoint(listing, kNewest).version);
  if (newest < 0 && listing.compacted.empty())
    return NotFound("table files missing: there is no Delta log");
  segment.version = table::Version(reached);
  if (reached == limit || (!wanted && reached >= newest)) return segment;
  if (wanted && reached >= newest) {
    return CannotLoad(*wanted, Format("the latest version is {}", reached));
  }
  // What is missing before a checkpoint was cleaned up, and only hides the versions before it.
  if (wanted && ChooseCheckpoint(listing, kNewest).version > reached) {
    return CannotLoad(*wanted, "the log no longer reaches back to it");
  }
  return WithDetail(CorruptData("the table's log has a gap"),
                    Format("commit {} is missing, the newest is {}", reached + 1, newest));
}

// The version that `_last_checkpoint` names, if it can be read.
std::optional<std::int64_t> ReadHint(storage::ObjectStore& store, const std::string& directory) {
  const auto text = store.ReadAll(directory + "/_last_checkpoint", kMaxHintBytes);
  if (!text.ok()) return std::nullopt;
  const auto hint = ParseJson(*text);
  if (!hint.ok() || !hint->is_object()) return std::nullopt;
  const json::value* const version = FindMember(hint->get_object(), "version");
  if (version == nullptr || !version->is_int64() || version->get_int64() < 0) return std::nullopt;
  return version->get_int64();
}

}  // namespace

Result<LogSegment> FindLogSegment(storage::ObjectStore& store, const std::string& log_directory,
                                  std::optional<std::int64_t> version) {
  const auto hint = ReadHint(store, log_directory);
  if (hint && *hint <= version.value_or(kNewest)) {
    // Strictly after "…10" come "…10.checkpoint…" and "…10.json".
    const Listing listing = TRY(ListLog(store, log_directory, Format("{:020}", *hint)));
    if (ChooseCheckpoint(listing, version.value_or(kNewest)).version >= *hint)
      return MakeSegment(listing, version);
  }
  const Listing listing = TRY(ListLog(store, log_directory, ""));
  return MakeSegment(listing, version);
}

Result<std::vector<CommitEntry>> ListCommits(storage::ObjectStore& store,
                                             const std::string& log_directory) {
  Listing listing = TRY(ListLog(store, log_directory, ""));
  std::vector<CommitEntry>& commits = listing.commits;
  if (commits.empty()) return NotFound("table files missing: the Delta log has no commit");
  auto oldest = commits.end() - 1;
  while (oldest != commits.begin() && std::prev(oldest)->version == oldest->version - 1) --oldest;
  commits.erase(commits.begin(), oldest);
  return std::move(commits);
}

std::string CommitName(std::int64_t version) { return Format("{:020}.json", version); }

}  // namespace sluice::delta

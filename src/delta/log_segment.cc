#include "delta/log_segment.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
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
  std::vector<std::int64_t> commits;
  std::map<std::int64_t, std::string> single_checkpoints;
  /// By version and number of parts.
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::string>> multipart_checkpoints;
  bool has_v2_checkpoint = false;
};

void AddName(const std::string& name, Listing& listing) {
  const auto version = ParseDigits(name, kVersionDigits);
  if (!version) return;
  const std::string_view rest = std::string_view(name).substr(kVersionDigits);
  if (rest == ".json") {
    listing.commits.push_back(*version);
    return;
  }
  constexpr std::string_view kCheckpoint = ".checkpoint.";
  if (!rest.starts_with(kCheckpoint)) return;
  const std::string_view form = rest.substr(kCheckpoint.size());
  if (form == "parquet") {
    listing.single_checkpoints[*version] = name;
    return;
  }
  // 0000000001.0000000003.parquet: the parts' order is that of their names
  constexpr std::string_view kPartForm = "0000000001.0000000003.parquet";
  const bool is_part =
      form.size() == kPartForm.size() && form.ends_with(kPartForm.substr(2 * kPartDigits + 1));
  const auto parts =
      is_part ? ParseDigits(form.substr(kPartDigits + 1), kPartDigits) : std::nullopt;
  const auto part = ParseDigits(form, kPartDigits);
  if (parts && part) {
    if (*part < 1 || *part > *parts) return;
    listing.multipart_checkpoints[{*version, *parts}].push_back(name);
  } else {
    listing.has_v2_checkpoint = true;
  }
}

Result<Listing> ListLog(storage::ObjectStore& store, const std::string& directory,
                        std::string start_after) {
  Listing listing;
  for (std::size_t count = 0; count < kMaxLogFiles;) {
    const auto names =
        TRY(store.List({.directory = directory, .start_after = start_after, .limit = kListLimit}));
    for (const storage::ObjectInfo& object : names) AddName(object.name, listing);
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

// The newest that is whole.
Checkpoint ChooseCheckpoint(const Listing& listing) {
  Checkpoint chosen;
  if (!listing.single_checkpoints.empty()) {
    const auto& [version, name] = *listing.single_checkpoints.rbegin();
    chosen = {.version = version, .parts = {name}};
  }
  for (const auto& [key, names] : listing.multipart_checkpoints) {
    const auto& [version, parts] = key;
    const bool whole = parts <= kMaxParts && std::cmp_equal(names.size(), parts);
    if (whole && version > chosen.version) chosen = {.version = version, .parts = names};
  }
  return chosen;
}

// Commits alone do not tell the state: `error`, unless a kind of checkpoint could that this server
// cannot read.
Error Incomplete(const Listing& listing, Error error) {
  if (!listing.has_v2_checkpoint) return error;
  return Unsupported(
      "the table needs reader features that this server does not support yet: v2Checkpoint");
}

Result<LogSegment> MakeSegment(const Listing& listing) {
  Checkpoint checkpoint = ChooseCheckpoint(listing);
  LogSegment segment;
  segment.checkpoint_parts = std::move(checkpoint.parts);
  std::int64_t version = checkpoint.version;
  for (const std::int64_t commit : listing.commits) {
    if (commit <= checkpoint.version) continue;
    if (commit != version + 1) {
      return Incomplete(listing, WithDetail(CorruptData("the table's log has a gap"),
                                            Format("commit {} follows {}", commit, version)));
    }
    segment.commits.push_back(version = commit);
  }
  if (version < 0)
    return Incomplete(listing, NotFound("table files missing: there is no Delta log"));
  segment.version = table::Version(version);
  return segment;
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

Result<LogSegment> FindLogSegment(storage::ObjectStore& store, const std::string& log_directory) {
  if (const auto hint = ReadHint(store, log_directory)) {
    // Strictly after "…10" come "…10.checkpoint…" and "…10.json".
    const Listing listing = TRY(ListLog(store, log_directory, Format("{:020}", *hint)));
    if (ChooseCheckpoint(listing).version >= *hint) return MakeSegment(listing);
  }
  const Listing listing = TRY(ListLog(store, log_directory, ""));
  return MakeSegment(listing);
}

std::string CommitName(std::int64_t version) { return Format("{:020}.json", version); }

}  // namespace sluice::delta

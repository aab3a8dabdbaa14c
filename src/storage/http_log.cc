#include "storage/http_log.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kMaxHintBytes = 1 << 20;
constexpr std::size_t kVersionDigits = 20;
constexpr std::int64_t kMaxVersion = 1'000'000'000'000'000;

/// The checkpoint that `_last_checkpoint` names.
struct LastCheckpoint {
  std::int64_t version = 0;
  std::vector<std::string> names;  ///< In byte order.
};

std::optional<std::int64_t> IntegerMember(const json::object& object, std::string_view key) {
  const json::value* const value = FindMember(object, key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

/// A V2 checkpoint's name has a UUID that only this tells.
std::optional<std::string> V2Name(const json::object& hint, std::string_view prefix) {
  const json::value* const v2 = FindMember(hint, "v2Checkpoint");
  if (v2 == nullptr || !v2->is_object()) return std::nullopt;
  const json::value* const path = FindMember(v2->get_object(), "path");
  if (path == nullptr || !path->is_string()) return std::nullopt;
  std::string name(path->get_string());
  const bool is_name = name.starts_with(prefix) && name.find('/') == std::string::npos;
  return is_name ? std::optional(std::move(name)) : std::nullopt;
}

std::optional<LastCheckpoint> ParseHint(std::string_view text) {
  const auto parsed = ParseJson(text);
  if (!parsed.ok() || !parsed->is_object()) return std::nullopt;
  const json::object& hint = parsed->get_object();
  const auto version = IntegerMember(hint, "version");
  if (!version || *version < 0 || *version > kMaxVersion) return std::nullopt;
  LastCheckpoint checkpoint{.version = *version};
  const std::string prefix = Format("{:020}.checkpoint.", *version);
  const std::int64_t parts = IntegerMember(hint, "parts").value_or(0);
  if (auto v2_name = V2Name(hint, prefix)) {
    checkpoint.names.push_back(std::move(*v2_name));
  } else if (parts > 0 && parts <= kMaxProbedParts) {
    for (std::int64_t part = 1; part <= parts; ++part) {
      checkpoint.names.push_back(Format("{}{:010}.{:010}.parquet", prefix, part, parts));
    }
  } else {
    checkpoint.names.push_back(prefix + "parquet");
  }
  return checkpoint;
}

Result<std::optional<LastCheckpoint>> ReadHint(const HttpObjects& objects,
                                               std::string_view directory) {
  const auto text = objects.ReadAll(Format("{}/_last_checkpoint", directory), kMaxHintBytes);
  if (text.ok()) return ParseHint(*text);
  if (text.error().code == ErrorCode::kNotFound) return std::optional<LastCheckpoint>();
  return text.error();
}

/// The first version whose files may come after the name; nothing if there is none.
std::optional<std::int64_t> FirstVersion(std::string_view start_after) {
  if (start_after.empty()) return 0;
  // What is before all digits is before all versions.
  if (start_after.front() < '0') return 0;
  std::int64_t version = 0;
  const std::string_view digits = start_after.substr(0, kVersionDigits);
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, version);
  const bool is_version = digits.size() == kVersionDigits && failure == std::errc() && stop == end;
  return is_version && version <= kMaxVersion ? std::optional(version) : std::nullopt;
}

/// Walks through the versions.
class Probe {
 public:
  Probe(const HttpObjects& objects, const ListRequest& request)
      : objects_(objects), request_(request) {}

  Result<std::vector<ObjectInfo>> Run(std::int64_t first,
                                      const std::optional<LastCheckpoint>& checkpoint) {
    const std::int64_t last_checkpoint = checkpoint ? checkpoint->version : -1;
    std::int64_t version = first;
    if (last_checkpoint - version > kMaxProbedCommits) version = last_checkpoint;
    const std::int64_t end = std::max(last_checkpoint, std::int64_t{0}) + kMaxProbedCommits;
    for (; !is_full(); ++version) {
      if (version >= end) return TooLarge("the table's log has too many commits to look for");
      if (version == last_checkpoint) TRY(AddCheckpoint(checkpoint->names));
      const bool is_there = TRY(Add(Format("{:020}.json", version)));
      if (is_there || version == last_checkpoint) continue;
      if (version > last_checkpoint) break;
      version = last_checkpoint - 1;  // what is missing before it was cleaned up
    }
    return std::move(found_);
  }

 private:
  bool is_full() const { return found_.size() >= request_.limit; }

  /// Up to the first part that is missing: it may have been replaced by now.
  Result<void> AddCheckpoint(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (is_full() || !TRY(Add(name))) return {};
    }
    return {};
  }

  /// False if it is not there.
  Result<bool> Add(const std::string& name) {
    if (name <= request_.start_after) return true;
    if (is_full()) return true;
    auto info = objects_.Stat(Format("{}/{}", request_.directory, name));
    if (!info.ok() && info.error().code == ErrorCode::kNotFound) return false;
    if (!info.ok()) return std::move(info).error();
    found_.push_back(std::move(info).value());
    return true;
  }

  const HttpObjects& objects_;
  const ListRequest& request_;
  std::vector<ObjectInfo> found_;
};

}  // namespace

Result<std::vector<ObjectInfo>> ListHttpLog(const HttpObjects& objects,
                                            const ListRequest& request) {
  if (NameOf(request.directory) != "_delta_log") {
    return WithDetail(Unsupported("a web server's {} cannot be listed", NameOf(request.directory)),
                      std::string(request.directory));
  }
  const auto first = FirstVersion(request.start_after);
  if (!first || request.limit == 0) return std::vector<ObjectInfo>();
  const auto checkpoint = TRY(ReadHint(objects, request.directory));
  return Probe(objects, request).Run(*first, checkpoint);
}

}  // namespace sluice::storage

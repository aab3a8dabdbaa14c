#include "audit/usage.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace sluice::audit {
namespace {

// Six columns make the key of usage_daily, which PostgreSQL takes up to about 2,700 bytes.
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxObjectBytes = 3 * kMaxNameBytes + 2;
constexpr std::size_t kMaxRequestBytes = 128;
constexpr std::size_t kDayBytes = 10;

/// No database keeps a NUL.
std::string WithoutNul(std::string_view text) {
  if (text.find('\0') == text.npos) return std::string(text);
  std::string out;
  for (const char c : text) {
    if (c == '\0') {
      out += "\xEF\xBF\xBD";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Column(std::string_view text, std::size_t max_bytes) {
  std::string out = WithoutNul(text);
  if (out.size() > max_bytes) out.resize(Cut(out, max_bytes).size());
  return out;
}

void Add(std::optional<std::int64_t> number, std::int64_t& sum) {
  const std::int64_t added = std::clamp<std::int64_t>(number.value_or(0), 0, UsageCounts::kMax);
  sum = std::min(sum + added, UsageCounts::kMax);  // no sum of two is past 64 bits
}

bool IsUse(Action action) {
  switch (action) {
    case Action::kList:
    case Action::kVersion:
    case Action::kMetadata:
    case Action::kQuery:
    case Action::kChanges:
    case Action::kCredentials:
    case Action::kDownload: return true;
    case Action::kActivation:
    case Action::kChange: return false;
  }
  return false;
}

void Count(const Record& record, UsageCounts& counts) {
  if (record.action != Action::kDownload) {
    Add(1, counts.requests);
    Add(record.files, counts.files);
    Add(record.bytes, counts.bytes);
    if (record.delivery != "proxy") Add(record.bytes, counts.direct_bytes);
  } else if (record.request_id.empty()) {
    Add(record.bytes, counts.bytes_sent);
  } else {
    Add(1, counts.downloads);
  }
}

}  // namespace

void AddUsage(const Record& record, const FindRegions& regions, Usage& usage) {
  if (!record.allowed || !IsUse(record.action)) return;
  std::string time;
  AppendUtc(record.time, time);
  UsageKey key{.day = time.substr(0, kDayBytes),
               .recipient = NameColumn(record.recipient),
               .share = NameColumn(record.share),
               .object = ObjectColumn(record.object)};
  if (regions) {
    const Regions found = regions(record.recipient, record.share);
    key.from_region = NameColumn(found.from);
    key.to_region = NameColumn(found.to);
  }
  Count(record, usage[std::move(key)]);
}

std::string NameColumn(std::string_view name) { return AsciiLower(Column(name, kMaxNameBytes)); }
std::string ObjectColumn(std::string_view object) {
  return AsciiLower(Column(object, kMaxObjectBytes));
}
std::string RequestColumn(std::string_view request_id) {
  return Column(request_id, kMaxRequestBytes);
}

}  // namespace sluice::audit

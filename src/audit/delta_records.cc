#include "audit/delta_records_internal.h"

#include <algorithm>

#include "base/json.h"
#include "crypto/random.h"
#include "crypto/uuid.h"

namespace sluice::audit {
namespace {

/// Other nodes' commits that may take our turn, one after the other, before we give up.
constexpr int kMaxTries = 1'000;
constexpr int kNameBytes = 12;

std::string TimeText(SystemTime time) {
  std::string text;
  AppendUtc(time, text);
  return text;
}

}  // namespace

Result<DeltaRecords> DeltaRecords::Open(std::string folder, std::string node, const Clock& clock) {
  DeltaCommits commits = TRY(DeltaCommits::Open(folder));
  return DeltaRecords(std::move(commits), std::move(folder), std::move(node), clock);
}

/// From the latest commit back.
Result<std::optional<Sequence>> DeltaRecords::LastAfter(std::int64_t version) const {
  for (std::int64_t at = latest(); at > version; --at) {
    const std::optional<Sequence> last = TRY(LastOf(at));
    if (last) return last;
  }
  return std::optional<Sequence>();
}

Result<void> DeltaRecords::Append(const std::vector<RecordAndText>& records) {
  TRY(EnsureTable());
  const Sequence last = records.back().decoded.sequence;
  const std::int64_t now = UnixMillis(clock_.Now());
  std::string actions =
      Format(R"({{"commitInfo":{{"timestamp":{},"operation":"WRITE","operationParameters":{{)"
             R"("mode":"Append"}},"isBlindAppend":true}}}})"
             "\n"
             R"({{"txn":{{"appId":"{}","version":{},"lastUpdated":{}}}}})"
             "\n",
             now, node_, last, now);
  for (const auto& [day, rows] : DaysOf(records)) TRY(AddFile(day, rows, actions));
  return Commit(actions);
}

Result<std::optional<Sequence>> DeltaRecords::LastOf(std::int64_t version) const {
  const std::string text = TRY(commits_.Read(version));
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (!line.starts_with(R"({"txn":)")) continue;
    const json::value action = TRY(ParseJson(line));
    const json::value* const txn = FindMember(action.as_object(), "txn");
    if (txn == nullptr || !txn->is_object()) continue;
    const json::value* const node = FindMember(txn->get_object(), "appId");
    const json::value* const last = FindMember(txn->get_object(), "version");
    const bool is_ours =
        node != nullptr && node->is_string() && std::string_view(node->get_string()) == node_;
    if (is_ours && last != nullptr && last->is_int64()) return std::optional(last->get_int64());
  }
  return std::optional<Sequence>();
}

/// Version 0 has no records, so that nodes that begin at once agree on it.
Result<void> DeltaRecords::EnsureTable() {
  if (commits_.latest() >= 0) return {};
  std::string actions = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
  actions += Format(R"({}{{"metaData":{{"id":"{}","name":"sluice_audit","format":{{)"
                    R"("provider":"parquet","options":{{}}}},"schemaString":{},)"
                    R"("partitionColumns":["day"],"configuration":{{}},"createdTime":{}}}}}{})",
                    '\n', crypto::FormatUuid(crypto::Uuid4()), JsonString(RecordSchema()),
                    UnixMillis(clock_.Now()), '\n');
  const bool is_first = TRY(commits_.TryAppend(actions));
  if (!is_first) TRY(commits_.Refresh());
  return {};
}

Result<void> DeltaRecords::AddFile(const std::string& day, const DayOfRecords& rows,
                                   std::string& actions) {
  const std::string bytes = TRY(columnar::EncodeParquet(rows.columns));
  const std::string folder = "day=" + day;
  const std::string path =
      Format("{}/{:020}-{}.parquet", folder, rows.first, crypto::RandomToken(kNameBytes));
  TRY(MakeFolder(folder_ + "/" + folder));
  TRY(WriteNewFile(folder_ + "/" + path, bytes));
  const std::string stats =
      Format(R"({{"numRecords":{},"minValues":{{"seq":{},"time":"{}"}},"maxValues":{{"seq":{},)"
             R"("time":"{}"}},"nullCount":{{"seq":0,"time":0}}}})",
             rows.rows, rows.first, TimeText(rows.earliest), rows.last, TimeText(rows.latest));
  actions += Format(R"({{"add":{{"path":"{}","partitionValues":{{"day":"{}"}},"size":{},)"
                    R"("modificationTime":{},"dataChange":true,"stats":{}}}}})",
                    path, day, bytes.size(), UnixMillis(clock_.Now()), JsonString(stats));
  actions += '\n';
  return {};
}

/// Nobody else writes records of this node, and nobody removes any: whatever the others'
/// commits say, ours may follow them.
Result<void> DeltaRecords::Commit(const std::string& actions) {
  for (int i = 0; i < kMaxTries; ++i) {
    TRY(commits_.Refresh());
    const bool is_appended = TRY(commits_.TryAppend(actions));
    if (is_appended) return {};
  }
  return Unavailable("others write to the audit table without end");
}

}  // namespace sluice::audit

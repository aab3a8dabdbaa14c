#include "audit/record_query.h"

#include <charconv>
#include <utility>

#include "base/encoding.h"

namespace sluice::audit {
namespace {

using db::Rows;
using db::Value;

/// Conditions joined by AND, with their parameters.
class Conditions {
 public:
  /// `pattern` has one ? for each value.
  void Add(std::string_view pattern, std::initializer_list<Value> values) {
    sql_ += sql_.empty() ? " WHERE " : " AND ";
    const Value* value = values.begin();
    for (std::size_t at = 0; at < pattern.size(); ++at) {
      if (pattern[at] != '?') {
        sql_ += pattern[at];
      } else {
        sql_ += Next(*value++);
      }
    }
  }
  void AddText(std::string_view column, const std::string& text) {
    if (!text.empty()) Add(Format("{} = ?", column), {text});
  }
  Result<void> AddScope(const ShareScope& scope) {
    if (!scope) return {};
    if (scope->size() > kMaxScopeShares)
      return InvalidArgument("more than {} shares", kMaxScopeShares);
    sql_ += sql_.empty() ? " WHERE share IN (''" : " AND share IN (''";
    // An empty list is none in SQL; '' stands for it, and records of no share are nobody's.
    for (const std::string& share : *scope) sql_ += ", " + Next(NameColumn(share));
    sql_ += ") AND share <> ''";
    return {};
  }
  /// The place of one more parameter: "$3".
  std::string Next(Value value) {
    values_.push_back(std::move(value));
    return Format("${}", values_.size());
  }

  const std::string& sql() const { return sql_; }
  const std::vector<Value>& values() const { return values_; }

 private:
  std::string sql_;
  std::vector<Value> values_;
};

Result<Rows> Ask(db::Database& database, const std::string& sql, const std::vector<Value>& values) {
  Rows rows;
  const auto ask = [&](db::Connection& connection) -> Result<void> {
    rows = TRY(connection.Query(sql, values));
    return {};
  };
  TRY(database.ReadSnapshot(ask));
  return rows;
}

SystemTime TimeOf(std::int64_t millis) { return SystemTime(std::chrono::milliseconds(millis)); }

Result<std::int64_t> NumberOf(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) {
    return InvalidArgument("a place among records is TIME:SEQUENCE:NODE");
  }
  return number;
}

Result<Conditions> ConditionsOf(const RecordFilter& filter) {
  Conditions where;
  where.AddText("request_id", RequestColumn(filter.request_id));
  where.AddText("recipient", NameColumn(filter.recipient));
  where.AddText("share", NameColumn(filter.share));
  where.AddText("object", ObjectColumn(filter.object));
  where.AddText("node", filter.node);
  if (filter.action) where.Add("action = ?", {std::string(ActionName(*filter.action))});
  if (filter.allowed) where.Add("allowed = ?", {*filter.allowed ? 1 : 0});
  if (filter.since) where.Add("time >= ?", {UnixMillis(*filter.since)});
  if (filter.until) where.Add("time < ?", {UnixMillis(*filter.until)});
  TRY(where.AddScope(filter.scope));
  if (filter.after && !filter.node.empty()) {
    where.Add(filter.newest_first ? "seq < ?" : "seq > ?", {filter.after->sequence});
  } else if (filter.after) {
    const std::int64_t time = UnixMillis(filter.after->time);
    where.Add(
        filter.newest_first ? "(time, node, seq) < (?, ?, ?)" : "(time, node, seq) > (?, ?, ?)",
        {time, filter.after->node, filter.after->sequence});
    // The same again, for indexes that know only the time.
    where.Add(filter.newest_first ? "time <= ?" : "time >= ?", {time});
  }
  return where;
}

std::string_view OrderOf(const RecordFilter& filter) {
  if (!filter.node.empty()) return filter.newest_first ? "seq DESC" : "seq";
  return filter.newest_first ? "time DESC, node DESC, seq DESC" : "time, node, seq";
}

}  // namespace

std::string EncodeRecordPlace(const RecordPlace& place) {
  return Format("{}:{}:{}", UnixMillis(place.time), place.sequence, place.node);
}

Result<RecordPlace> DecodeRecordPlace(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == text.npos ? first : text.find(':', first + 1);
  if (second == text.npos) return InvalidArgument("a place among records is TIME:SEQUENCE:NODE");
  RecordPlace place{.node = std::string(text.substr(second + 1))};
  if (!IsNodeName(place.node)) return InvalidArgument("a place among records names a node");
  place.time = TimeOf(TRY(NumberOf(text.substr(0, first))));
  place.sequence = TRY(NumberOf(text.substr(first + 1, second - first - 1)));
  return place;
}

Result<std::vector<StoredRecord>> ReadRecords(db::Database& database, const RecordFilter& filter) {
  if (filter.limit < 1 || filter.limit > RecordFilter::kMaxRecords) {
    return InvalidArgument("from 1 to {} records are given at once", RecordFilter::kMaxRecords);
  }
  Conditions where = TRY(ConditionsOf(filter));
  const std::string limit = where.Next(filter.limit);
  const std::string sql =
      Format("SELECT time, node, seq, record FROM audit_records{} ORDER BY {} LIMIT {}",
             where.sql(), OrderOf(filter), limit);
  const Rows rows = TRY(Ask(database, sql, where.values()));
  std::vector<StoredRecord> records;
  records.reserve(rows.size());
  for (const db::Row& row : rows) {
    records.push_back(
        {.place = {TimeOf(row.Int(0)), row.Text(1), row.Int(2)}, .text = row.Text(3)});
  }
  return records;
}

Result<std::vector<StoredHead>> ReadHeads(db::Database& database, std::string_view node,
                                          std::int64_t limit) {
  if (limit < 1 || limit > RecordFilter::kMaxRecords) {
    return InvalidArgument("from 1 to {} heads are given at once", RecordFilter::kMaxRecords);
  }
  Conditions where;
  where.AddText("node", std::string(node));
  const std::string places = where.Next(limit);
  const Rows rows = TRY(Ask(database,
                            Format("SELECT node, size, root, time, signature, public_key FROM "
                                   "audit_heads{} ORDER BY time DESC, node, size DESC LIMIT {}",
                                   where.sql(), places),
                            where.values()));
  std::vector<StoredHead> heads;
  for (const db::Row& row : rows) {
    StoredHead stored{.head = {.node = row.Text(0), .size = row.Int(1), .time = TimeOf(row.Int(3))},
                      .public_key = row.Text(5)};
    // What somebody changed by hand shows as a head that nobody signed.
    if (const auto root = DecodeHash(row.Text(2)); root.ok()) stored.head.root = *root;
    if (auto bytes = Base64Decode(row.Text(4)); bytes.ok()) {
      stored.head.signature = std::move(bytes).value();
    }
    heads.push_back(std::move(stored));
  }
  return heads;
}

Result<Usage> ReadUsage(db::Database& database, const UsageFilter& filter) {
  Conditions where;
  where.AddText("recipient", NameColumn(filter.recipient));
  where.AddText("share", NameColumn(filter.share));
  where.AddText("object", ObjectColumn(filter.object));
  if (!filter.first_day.empty()) where.Add("day >= ?", {filter.first_day});
  if (!filter.last_day.empty()) where.Add("day <= ?", {filter.last_day});
  TRY(where.AddScope(filter.scope));
  const std::string limit = where.Next(UsageFilter::kMaxRows + 1);
  const Rows rows = TRY(
      Ask(database,
          Format("SELECT day, recipient, share, object, from_region, to_region, requests, "
                 "files, bytes, direct_bytes, downloads, bytes_sent FROM usage_daily{} LIMIT {}",
                 where.sql(), limit),
          where.values()));
  if (std::ssize(rows) > UsageFilter::kMaxRows) {
    return TooLarge("more than {} rows of usage: ask for fewer days", UsageFilter::kMaxRows);
  }
  Usage usage;
  for (const db::Row& row : rows) {
    usage[{row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5)}] = {
        .requests = row.Int(6),
        .files = row.Int(7),
        .bytes = row.Int(8),
        .direct_bytes = row.Int(9),
        .downloads = row.Int(10),
        .bytes_sent = row.Int(11)};
  }
  return usage;
}

}  // namespace sluice::audit

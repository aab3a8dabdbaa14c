#include "audit/record_store.h"

#include <array>
#include <utility>
#include <vector>

#include "audit/record_tables_internal.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace sluice::audit {
namespace {

using db::Connection;
using db::Rows;
using db::Value;
using Steady = std::chrono::steady_clock;

constexpr std::array<std::string_view, 12> kColumns = {
    "node",  "seq",    "time",  "action", "allowed",    "recipient",
    "share", "object", "files", "bytes",  "request_id", "record"};

Value OptionalValue(std::optional<std::int64_t> number) {
  if (!number) return {};
  return *number;
}

/// A batch as the tables take it, made before the transaction begins.
struct Prepared {
  std::vector<std::vector<Value>> records;
  std::vector<std::vector<Value>> usage;
};

/// Of a record that this program cannot read: of a newer one, or altered. It is kept all the same.
std::vector<Value> UnreadableRow(const std::string& node, Sequence sequence,
                                 const std::string& text) {
  std::string kept;
  AppendJsonEscaped(text, kept);
  return {node, sequence, 0, "unreadable", 0, "", "", "", {}, {}, "", std::move(kept)};
}

std::vector<Value> RowOf(const std::string& node, Sequence sequence, const Record& record,
                         const std::string& text) {
  return {node,
          sequence,
          UnixMillis(record.time),
          std::string(ActionName(record.action)),
          record.allowed ? 1 : 0,
          NameColumn(record.recipient),
          NameColumn(record.share),
          ObjectColumn(record.object),
          OptionalValue(record.files),
          OptionalValue(record.bytes),
          RequestColumn(record.request_id),
          text};
}

constexpr std::array<std::string_view, 12> kUsageColumns = {
    "day",      "recipient", "share", "object",       "from_region", "to_region",
    "requests", "files",     "bytes", "direct_bytes", "downloads",   "bytes_sent"};

/// What is counted already grows by what comes, as long as a sum fits into 64 bits.
std::string AddToUsage() {
  std::string sql = "(day, recipient, share, object, from_region, to_region) DO UPDATE SET ";
  std::string_view separator;
  for (const std::string_view column : std::span(kUsageColumns).last(6)) {
    sql += Format(
        "{0}{1} = CASE WHEN usage_daily.{1} < {2} THEN usage_daily.{1} + excluded.{1} "
        "ELSE usage_daily.{1} END",
        separator, column, UsageCounts::kMax);
    separator = ", ";
  }
  return sql;
}

/// In the order of the keys, so that two nodes never wait for each other in a circle.
std::vector<std::vector<Value>> UsageRows(const Usage& usage) {
  std::vector<std::vector<Value>> rows;
  rows.reserve(usage.size());
  for (const auto& [key, counts] : usage) {
    rows.push_back({key.day, key.recipient, key.share, key.object, key.from_region, key.to_region,
                    counts.requests, counts.files, counts.bytes, counts.direct_bytes,
                    counts.downloads, counts.bytes_sent});
  }
  return rows;
}

class RecordStore final : public Destination {
 public:
  RecordStore(db::Database& database, const Journal& journal, RecordStoreOptions options)
      : database_(database), journal_(journal), options_(std::move(options)) {}

  std::string_view name() const override { return "store"; }

  Result<Sequence> Next() override {
    if (!is_prepared_) TRY(PrepareRecordTables(database_));
    is_prepared_ = true;
    const auto read = [&](Connection& connection) -> Result<void> {
      next_ = TRY(ReadNext(connection, /*lock=*/""));
      return {};
    };
    TRY(database_.InTransaction(read));
    return next_;
  }

  Result<void> Take(Sequence first, std::span<const std::string> records) override {
    const Prepared batch = Prepare(first, records);
    const Sequence end = first + std::ssize(records);
    std::optional<TreeHead> head;
    if (IsHeadDue()) head = TRY(journal_.Head());
    static const std::string add_to_usage = AddToUsage();
    std::string_view on_conflict;
    const auto write = [&](Connection& connection) -> Result<void> {
      TRY(LockPosition(connection));
      TRY(connection.Insert({.table = "audit_records",
                             .columns = kColumns,
                             .rows = batch.records,
                             .on_conflict = on_conflict}));
      TRY(connection.Insert({.table = "usage_daily",
                             .columns = kUsageColumns,
                             .rows = batch.usage,
                             .on_conflict = add_to_usage}));
      TRY(connection.Execute("UPDATE audit_shipped SET next_seq = $2 WHERE node = $1",
                             {options_.node, end}));
      if (head) TRY(WriteHead(connection, *head));
      return {};
    };
    Result<void> written = database_.InTransaction(write);
    if (!written.ok() && written.error().code == ErrorCode::kAlreadyExists) {
      on_conflict = "DO NOTHING";  // somebody changed the position by hand: what is there stays
      written = database_.InTransaction(write);
    }
    TRY(std::move(written));
    next_ = end;
    if (head) NoteHead(*head);
    return {};
  }

  /// The head of a node that is quiet now.
  Result<void> Rest() override {
    if (!IsHeadDue() || head_size_ == journal_.size()) return {};
    const TreeHead head = TRY(journal_.Head());
    TRY(database_.InTransaction(
        [&](Connection& connection) { return WriteHead(connection, head); }));
    NoteHead(head);
    return {};
  }

 private:
  Prepared Prepare(Sequence first, std::span<const std::string> records) const {
    Prepared batch;
    batch.records.reserve(records.size());
    Usage usage;
    for (const std::string& text : records) {
      const Sequence sequence = first + std::ssize(batch.records);
      const Result<DecodedRecord> decoded = DecodeRecord(text);
      if (!decoded.ok()) {
        batch.records.push_back(UnreadableRow(options_.node, sequence, text));
        continue;
      }
      batch.records.push_back(RowOf(options_.node, sequence, decoded->record, text));
      AddUsage(decoded->record, options_.regions, usage);
    }
    batch.usage = UsageRows(usage);
    return batch;
  }

  Result<Sequence> ReadNext(Connection& connection, std::string_view lock) const {
    TRY(connection.Execute(
        "INSERT INTO audit_shipped (node, next_seq) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        {options_.node}));
    const Rows rows = TRY(connection.Query(
        Format("SELECT next_seq FROM audit_shipped WHERE node = $1{}", lock), {options_.node}));
    if (rows.empty()) return Unavailable("the position of a node's audit records was deleted");
    return rows[0].Int(0);
  }

  /// Errors: kUnavailable if somebody else shipped for this node meanwhile, or an older copy of the
  /// database was put in place.
  Result<void> LockPosition(Connection& connection) const {
    const bool is_postgres = connection.dialect() == db::Dialect::kPostgres;
    const Sequence next = TRY(ReadNext(connection, is_postgres ? " FOR UPDATE" : ""));
    if (next == next_) return {};
    return Unavailable("the store has {} audit records of node {}, not {}", next, options_.node,
                       next_);
  }

  bool IsHeadDue() const { return Steady::now() >= next_head_; }
  void NoteHead(const TreeHead& head) {
    head_size_ = head.size;
    next_head_ = Steady::now() + options_.head_interval;
  }
  Result<void> WriteHead(Connection& connection, const TreeHead& head) const {
    TRY(connection.Execute(
        "INSERT INTO audit_heads (node, size, root, time, signature, public_key) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        {head.node, head.size, Base64Encode(crypto::AsText(head.root)), UnixMillis(head.time),
         Base64Encode(head.signature), HexEncode(crypto::AsText(options_.public_key))}));
    return {};
  }

  db::Database& database_;
  const Journal& journal_;
  const RecordStoreOptions options_;
  bool is_prepared_ = false;
  Sequence next_ = 0;
  std::int64_t head_size_ = 0;
  Steady::time_point next_head_ = Steady::time_point::min();
};

}  // namespace

Result<void> PrepareRecordTables(db::Database& database) {
  return db::Migrate(database, "audit", RecordMigrations());
}

std::unique_ptr<Destination> NewRecordStore(db::Database& database, const Journal& journal,
                                            RecordStoreOptions options) {
  return std::make_unique<RecordStore>(database, journal, std::move(options));
}

}  // namespace sluice::audit

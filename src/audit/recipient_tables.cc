#include "audit/recipient_tables.h"

#include <algorithm>
#include <map>
#include <utility>

#include "audit/delta_records_internal.h"
#include "audit/file_access.h"
#include "base/json.h"

namespace sluice::audit {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

using Batch = std::map<std::string, std::vector<RecordAndText>>;  // by recipient

/// As recipients' names are; a record of another one would lead elsewhere.
bool IsFolderName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

Batch BatchOf(std::vector<RecordAndText> records) {
  Batch batch;
  for (RecordAndText& one : records) {
    const Record& record = one.decoded.record;
    if (record.action == Action::kChange || !IsFolderName(record.recipient)) continue;
    batch[record.recipient].push_back(std::move(one));
  }
  return batch;
}

/// How far this node is.
struct Position {
  Sequence next = 0;  ///< Those before it are in their tables.
  /// Tables that may have later ones too, and the version that each had before.
  std::map<std::string, std::int64_t> begun;
};

std::string EncodePosition(const Position& position) {
  json::object begun;
  for (const auto& [name, version] : position.begun) begun[name] = version;
  return json::serialize(json::object{{"next", position.next}, {"begun", std::move(begun)}}) + "\n";
}

Result<Position> DecodePosition(std::string_view text) {
  const Error unreadable =
      CorruptData("the position of the recipients' audit tables cannot be read");
  const json::value value = TRY(ParseJson(text));
  const json::value* const next =
      value.is_object() ? FindMember(value.get_object(), "next") : nullptr;
  const json::value* const begun = next ? FindMember(value.get_object(), "begun") : nullptr;
  if (begun == nullptr || !next->is_int64() || !begun->is_object()) return unreadable;
  Position position{.next = next->get_int64()};
  for (const auto& [name, version] : begun->get_object()) {
    if (!version.is_int64()) return unreadable;
    position.begun.emplace(name, version.get_int64());
  }
  return position;
}

class RecipientTables final : public Destination {
 public:
  RecipientTables(DeltaSinkOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  std::string_view name() const override { return "recipient_tables"; }
  std::chrono::milliseconds pause() const override { return options_.interval; }
  std::size_t batch_records(std::size_t /*usual*/) const override { return kMaxDeltaBatchRecords; }

  Result<Sequence> Next() override {
    tables_.clear();
    TRY(MakeFolder(options_.folder));
    TRY(MakeFolder(options_.folder + "/.positions"));
    const std::string text = TRY(ReadWhole(PositionPath()));
    position_ = text.empty() ? Position{} : TRY(DecodePosition(text));
    return position_.next;
  }

  Result<void> Take(Sequence first, std::span<const std::string> records) override {
    Batch batch = BatchOf(DecodeAll(options_.node, first, records));
    if (!batch.empty()) {
      TRY(Begin(batch));
      for (const auto& [name, rows] : batch) {
        if (!rows.empty()) TRY(tables_.at(name).Append(rows));
      }
    }
    position_ = {.next = first + std::ssize(records)};
    return WritePosition();
  }

 private:
  /// Opens the batch's tables, writes down how they are, and drops what they have already.
  Result<void> Begin(Batch& batch) {
    for (auto& [name, rows] : batch) {
      if (!tables_.contains(name)) {
        tables_.emplace(
            name, TRY(DeltaRecords::Open(options_.folder + "/" + name, options_.node, clock_)));
      }
      const DeltaRecords& table = tables_.at(name);
      const auto [begun, is_new] = position_.begun.emplace(name, table.latest());
      if (is_new) continue;
      const auto last = TRY(table.LastAfter(begun->second));
      std::erase_if(rows, [&](const RecordAndText& row) { return row.decoded.sequence <= last; });
    }
    return WritePosition();
  }

  std::string PositionPath() const {
    return Format("{}/.positions/{}.json", options_.folder, options_.node);
  }
  Result<void> WritePosition() const {
    return ReplaceFile(PositionPath(), EncodePosition(position_));
  }

  const DeltaSinkOptions options_;
  const Clock& clock_;
  Position position_;
  std::map<std::string, DeltaRecords> tables_;  ///< Those that were written to.
};

}  // namespace

std::unique_ptr<Destination> NewRecipientTables(DeltaSinkOptions options, const Clock& clock) {
  return std::make_unique<RecipientTables>(std::move(options), clock);
}

}  // namespace sluice::audit

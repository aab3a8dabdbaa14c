#include "audit/record_columns_internal.h"

#include <algorithm>
#include <utility>

#include "base/json.h"

namespace sluice::audit {
namespace {

using columnar::NewColumnType;
using columnar::NewValue;

constexpr std::size_t kDayBytes = 10;

NewValue TextOf(const std::string& text) {
  if (text.empty()) return {};
  return std::string_view(text);
}

NewValue NumberOf(std::optional<std::int64_t> number) {
  if (!number) return {};
  return *number;
}

struct ColumnRule {
  std::string_view name;
  NewColumnType type;
  NewValue (*value)(const RecordAndText& record);
};

NewValue TimeValue(const RecordAndText& r) {
  return std::chrono::microseconds(r.decoded.record.time.time_since_epoch()).count();
}
NewValue ColumnsValue(const RecordAndText& r) {
  if (r.decoded.record.columns.empty()) return {};
  return &r.decoded.record.columns;
}

#define SLUICE_TEXT(field)                                                    \
  {                                                                           \
    #field, NewColumnType::kText,                                             \
        [](const RecordAndText& r) { return TextOf(r.decoded.record.field); } \
  }
#define SLUICE_NUMBER(field)                                                    \
  {                                                                             \
    #field, NewColumnType::kInteger,                                            \
        [](const RecordAndText& r) { return NumberOf(r.decoded.record.field); } \
  }

// The keys of a record's JSON, in their order, and last the text itself.
constexpr ColumnRule kRules[] = {
    {"node", NewColumnType::kText, [](const RecordAndText& r) { return TextOf(r.decoded.node); }},
    {"seq", NewColumnType::kInteger,
     [](const RecordAndText& r) { return NewValue(r.decoded.sequence); }},
    {"time", NewColumnType::kTimestamp, TimeValue},
    {"action", NewColumnType::kText,
     [](const RecordAndText& r) { return NewValue(ActionName(r.decoded.record.action)); }},
    {"allowed", NewColumnType::kBoolean,
     [](const RecordAndText& r) { return NewValue(r.decoded.record.allowed); }},
    SLUICE_TEXT(reason),
    SLUICE_TEXT(request_id),
    SLUICE_TEXT(recipient),
    SLUICE_TEXT(token_id),
    SLUICE_TEXT(peer),
    SLUICE_TEXT(agent),
    SLUICE_TEXT(purpose),
    SLUICE_TEXT(share),
    SLUICE_TEXT(object),
    SLUICE_TEXT(table_id),
    SLUICE_NUMBER(version),
    SLUICE_NUMBER(end_version),
    {"columns", NewColumnType::kTextList, ColumnsValue},
    SLUICE_TEXT(predicate),
    SLUICE_NUMBER(files),
    SLUICE_NUMBER(bytes),
    SLUICE_TEXT(delivery),
    SLUICE_TEXT(link_id),
    SLUICE_TEXT(before),
    SLUICE_TEXT(after),
    {"record", NewColumnType::kText,
     [](const RecordAndText& r) { return NewValue(std::string_view(*r.text)); }},
};
#undef SLUICE_TEXT
#undef SLUICE_NUMBER

std::string_view DeltaType(NewColumnType type) {
  switch (type) {
    case NewColumnType::kInteger: return R"("long")";
    case NewColumnType::kText: return R"("string")";
    case NewColumnType::kBoolean: return R"("boolean")";
    case NewColumnType::kTimestamp: return R"("timestamp")";
    case NewColumnType::kTextList:
      return R"({"type":"array","elementType":"string","containsNull":true})";
  }
  return "";
}

void AddTo(DayOfRecords& day, const RecordAndText& record) {
  const SystemTime time = record.decoded.record.time;
  const Sequence sequence = record.decoded.sequence;
  if (day.rows == 0) {
    for (const ColumnRule& rule : kRules) {
      day.columns.push_back({.name = std::string(rule.name), .type = rule.type});
    }
    day.first = sequence;
    day.earliest = day.latest = time;
  }
  for (std::size_t i = 0; i < std::size(kRules); ++i) {
    day.columns[i].values.push_back(kRules[i].value(record));
  }
  ++day.rows;
  day.last = sequence;
  day.earliest = std::min(day.earliest, time);
  day.latest = std::max(day.latest, time);
}

}  // namespace

std::vector<RecordAndText> DecodeAll(const std::string& node, Sequence first,
                                     std::span<const std::string> records) {
  std::vector<RecordAndText> all;
  all.reserve(records.size());
  for (const std::string& text : records) {
    RecordAndText one{.decoded = {.node = node, .sequence = first + std::ssize(all)},
                      .text = &text};
    if (auto decoded = DecodeRecord(text); decoded.ok()) {
      one.decoded.record = std::move(decoded->record);
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::map<std::string, DayOfRecords> DaysOf(const std::vector<RecordAndText>& records) {
  std::map<std::string, DayOfRecords> days;
  for (const RecordAndText& record : records) {
    std::string time;
    AppendUtc(record.decoded.record.time, time);
    AddTo(days[time.substr(0, kDayBytes)], record);
  }
  return days;
}

std::string RecordSchema() {
  std::string schema = R"({"type":"struct","fields":[)";
  for (const ColumnRule& rule : kRules) {
    schema += Format(R"({{"name":"{}","type":{},"nullable":true,"metadata":{{}}}},)", rule.name,
                     DeltaType(rule.type));
  }
  schema += R"({"name":"day","type":"date","nullable":true,"metadata":{}}]})";
  return schema;
}

}  // namespace sluice::audit

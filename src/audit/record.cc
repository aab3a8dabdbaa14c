#include "audit/record.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "audit/record_line_internal.h"
#include "base/json.h"
#include "base/utc.h"

namespace sluice::audit {
namespace {

constexpr std::array<std::string_view, 9> kActionNames = {"list",     "version",    "metadata",
                                                          "query",    "changes",    "credentials",
                                                          "download", "activation", "change"};

/// What can be written as a time: years 0 to 9999.
constexpr SystemTime kFirstTime(std::chrono::sys_days(std::chrono::year(0) / 1 / 1));
constexpr SystemTime kLastTime(std::chrono::sys_days(std::chrono::year(9999) / 12 / 31));

/// `key` is written as `,"key":`.
void AppendText(std::string_view key, std::string_view text, std::string& out) {
  if (text.empty()) return;
  out += key;
  AppendJsonString(Cut(text, Record::kMaxTextBytes), out);
}

void AppendChange(std::string_view key, std::string_view text, std::string& out) {
  if (text.empty()) return;
  out += key;
  AppendJsonString(Cut(text, Record::kMaxChangeBytes), out);
}

void AppendOptional(std::string_view key, std::optional<std::int64_t> number, std::string& out) {
  if (!number) return;
  out += key;
  AppendNumber(*number, out);
}

void AppendColumns(const std::vector<std::string>& columns, std::string& out) {
  if (columns.empty()) return;
  out += R"(,"columns":)";
  const std::size_t count = std::min(columns.size(), Record::kMaxColumns);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(i == 0 ? '[' : ',');
    AppendJsonString(Cut(columns[i], Record::kMaxColumnBytes), out);
  }
  out.push_back(']');
  if (columns.size() == count) return;
  out += R"(,"more_columns":)";
  AppendNumber(static_cast<std::int64_t>(columns.size() - count), out);
}

Error NotA(std::string_view key, std::string_view type) {
  return Malformed("the audit record's {} is no {}", key, type);
}

Result<std::string> ReadText(const json::object& object, std::string_view key) {
  const json::value* member = FindMember(object, key);
  if (member == nullptr) return std::string();
  if (!member->is_string()) return NotA(key, "text");
  return std::string(member->get_string());
}

Result<std::optional<std::int64_t>> ReadNumber(const json::object& object, std::string_view key) {
  const json::value* member = FindMember(object, key);
  if (member == nullptr) return std::optional<std::int64_t>();
  if (!member->is_int64()) return NotA(key, "whole number");
  return std::optional<std::int64_t>(member->get_int64());
}

Result<std::vector<std::string>> ReadColumns(const json::object& object) {
  std::vector<std::string> columns;
  const json::value* member = FindMember(object, "columns");
  if (member == nullptr) return columns;
  if (!member->is_array()) return NotA("columns", "list");
  for (const json::value& column : member->get_array()) {
    if (!column.is_string()) return NotA("columns", "list of texts");
    columns.emplace_back(column.get_string());
  }
  return columns;
}

/// Members that every record has.
Result<void> ReadDecision(const json::object& object, Record& record) {
  const std::string time = TRY(ReadText(object, "time"));
  record.time = TRY(ParseUtc(time));
  const std::string action = TRY(ReadText(object, "action"));
  record.action = TRY(ParseAction(action));
  const json::value* allowed = FindMember(object, "allowed");
  if (allowed == nullptr || !allowed->is_bool()) return NotA("allowed", "truth value");
  record.allowed = allowed->get_bool();
  return {};
}

Result<void> ReadTexts(const json::object& object, Record& record) {
  const std::pair<std::string_view, std::string*> fields[] = {
      {"reason", &record.reason},       {"request_id", &record.request_id},
      {"recipient", &record.recipient}, {"token_id", &record.token_id},
      {"peer", &record.peer},           {"agent", &record.agent},
      {"purpose", &record.purpose},     {"share", &record.share},
      {"object", &record.object},       {"table_id", &record.table_id},
      {"predicate", &record.predicate}, {"delivery", &record.delivery},
      {"link_id", &record.link_id},     {"before", &record.before},
      {"after", &record.after},
  };
  for (const auto& [key, field] : fields) *field = TRY(ReadText(object, key));
  return {};
}

}  // namespace

std::string_view Cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  constexpr std::size_t kMaxContinuations = 3;
  std::size_t end = max_bytes;
  const auto is_inside = [&] { return (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80; };
  while (end > 0 && max_bytes - end < kMaxContinuations && is_inside()) --end;
  return text.substr(0, end);
}

std::string_view ActionName(Action action) {
  return kActionNames[static_cast<std::size_t>(action)];
}

Result<Action> ParseAction(std::string_view name) {
  const auto* const found = std::ranges::find(kActionNames, name);
  if (found == kActionNames.end()) return Malformed("there is no such audited action");
  return static_cast<Action>(found - kActionNames.begin());
}

void AppendRecordHead(std::string_view node, Sequence sequence, std::string& out) {
  out += R"({"node":)";
  AppendJsonString(node, out);
  out += R"(,"seq":)";
  AppendNumber(sequence, out);
}

void AppendRecordBody(const Record& record, std::string& out) {
  out += R"(,"time":")";
  AppendUtc(std::clamp(record.time, kFirstTime, kLastTime), out);
  out += R"(","action":")";
  out += ActionName(record.action);
  out += record.allowed ? R"(","allowed":true)" : R"(","allowed":false)";
  AppendText(R"(,"reason":)", record.reason, out);
  AppendText(R"(,"request_id":)", record.request_id, out);
  AppendText(R"(,"recipient":)", record.recipient, out);
  AppendText(R"(,"token_id":)", record.token_id, out);
  AppendText(R"(,"peer":)", record.peer, out);
  AppendText(R"(,"agent":)", record.agent, out);
  AppendText(R"(,"purpose":)", record.purpose, out);
  AppendText(R"(,"share":)", record.share, out);
  AppendText(R"(,"object":)", record.object, out);
  AppendText(R"(,"table_id":)", record.table_id, out);
  AppendOptional(R"(,"version":)", record.version, out);
  AppendOptional(R"(,"end_version":)", record.end_version, out);
  AppendColumns(record.columns, out);
  AppendText(R"(,"predicate":)", record.predicate, out);
  AppendOptional(R"(,"files":)", record.files, out);
  AppendOptional(R"(,"bytes":)", record.bytes, out);
  AppendText(R"(,"delivery":)", record.delivery, out);
  AppendText(R"(,"link_id":)", record.link_id, out);
  AppendChange(R"(,"before":)", record.before, out);
  AppendChange(R"(,"after":)", record.after, out);
  out.push_back('}');
}

std::string EncodeRecord(std::string_view node, Sequence sequence, const Record& record) {
  std::string out;
  out.reserve(512);
  AppendRecordHead(node, sequence, out);
  AppendRecordBody(record, out);
  return out;
}

Result<DecodedRecord> DecodeRecord(std::string_view line) {
  if (std::optional<DecodedRecord> read = ReadRecordLine(line)) return *std::move(read);
  const json::value value = TRY(ParseJson(line, {.max_bytes = kMaxRecordBytes, .max_depth = 8}));
  if (!value.is_object()) return Malformed("an audit record is a JSON object");
  const json::object& object = value.get_object();
  DecodedRecord decoded;
  decoded.node = TRY(ReadText(object, "node"));
  const auto sequence = TRY(ReadNumber(object, "seq"));
  if (!sequence || *sequence < 0) return NotA("seq", "number from 0 on");
  decoded.sequence = *sequence;
  Record& record = decoded.record;
  TRY(ReadDecision(object, record));
  TRY(ReadTexts(object, record));
  record.version = TRY(ReadNumber(object, "version"));
  record.end_version = TRY(ReadNumber(object, "end_version"));
  record.columns = TRY(ReadColumns(object));
  record.files = TRY(ReadNumber(object, "files"));
  record.bytes = TRY(ReadNumber(object, "bytes"));
  return decoded;
}

}  // namespace sluice::audit

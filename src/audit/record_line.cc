#include "audit/record_line_internal.h"

#include <charconv>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "base/utc.h"

namespace sluice::audit {
namespace {

/// Characters that end a run of plain ones in a JSON text.
constexpr bool EndsRun(char c) {
  return static_cast<std::uint8_t>(c) < 0x20 || c == '"' || c == '\\';
}

/// What stands behind a backslash, for escapes of two characters; 0 for others.
constexpr char Unescaped(char c) {
  switch (c) {
    case '"':
    case '\\': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

/// Goes along a line. Whatever is not there as expected returns false, and what was read of it is
/// worth nothing.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  bool Skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  /// A text between quotes.
  bool Text(std::string& out) {
    if (!Skip("\"")) return false;
    for (;;) {
      std::size_t run = 0;
      while (run < rest_.size() && !EndsRun(rest_[run])) ++run;
      out.append(rest_, 0, run);
      rest_.remove_prefix(run);
      if (Skip("\"")) return true;
      if (rest_.size() < 2 || rest_[0] != '\\' || Unescaped(rest_[1]) == 0) return false;
      out.push_back(Unescaped(rest_[1]));
      rest_.remove_prefix(2);
    }
  }

  /// A whole number from 0 on, of which a JSON parser would say the same.
  bool Number(std::int64_t& out) {
    const char* const end = rest_.data() + rest_.size();
    const bool is_digit = !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
    if (!is_digit) return false;
    const auto [stop, fault] = std::from_chars(rest_.data(), end, out);
    const auto digits = static_cast<std::size_t>(stop - rest_.data());
    if (fault != std::errc() || (rest_[0] == '0' && digits > 1)) return false;
    rest_.remove_prefix(digits);
    return rest_.starts_with(',') || rest_.starts_with('}');
  }

  // The next two are true, too, if the key is not there.
  bool OptionalText(std::string_view key, std::string& out) { return !Skip(key) || Text(out); }
  bool OptionalNumber(std::string_view key, std::optional<std::int64_t>& out) {
    return !Skip(key) || Number(out.emplace());
  }

  bool OptionalTexts(std::string_view key, std::vector<std::string>& out) {
    if (!Skip(key)) return true;
    do {
      if (!Text(out.emplace_back())) return false;
    } while (Skip(","));
    return Skip("]");
  }

  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool ReadDecision(LineReader& line, Record& record) {
  std::string time;
  std::string action;
  if (!line.Skip(R"(,"time":)") || !line.Text(time)) return false;
  if (!line.Skip(R"(,"action":)") || !line.Text(action)) return false;
  const Result<SystemTime> parsed_time = ParseUtc(time);
  const Result<Action> parsed_action = ParseAction(action);
  if (!parsed_time.ok() || !parsed_action.ok()) return false;
  record.time = *parsed_time;
  record.action = *parsed_action;
  record.allowed = line.Skip(R"(,"allowed":true)");
  return record.allowed || line.Skip(R"(,"allowed":false)");
}

bool ReadRest(LineReader& line, Record& record) {
  return line.OptionalText(R"(,"reason":)", record.reason) &&
         line.OptionalText(R"(,"request_id":)", record.request_id) &&
         line.OptionalText(R"(,"recipient":)", record.recipient) &&
         line.OptionalText(R"(,"token_id":)", record.token_id) &&
         line.OptionalText(R"(,"peer":)", record.peer) &&
         line.OptionalText(R"(,"agent":)", record.agent) &&
         line.OptionalText(R"(,"purpose":)", record.purpose) &&
         line.OptionalText(R"(,"share":)", record.share) &&
         line.OptionalText(R"(,"object":)", record.object) &&
         line.OptionalText(R"(,"table_id":)", record.table_id) &&
         line.OptionalNumber(R"(,"version":)", record.version) &&
         line.OptionalNumber(R"(,"end_version":)", record.end_version) &&
         line.OptionalTexts(R"(,"columns":[)", record.columns) &&
         line.OptionalText(R"(,"predicate":)", record.predicate) &&
         line.OptionalNumber(R"(,"files":)", record.files) &&
         line.OptionalNumber(R"(,"bytes":)", record.bytes) &&
         line.OptionalText(R"(,"delivery":)", record.delivery) &&
         line.OptionalText(R"(,"link_id":)", record.link_id) &&
         line.OptionalText(R"(,"before":)", record.before) &&
         line.OptionalText(R"(,"after":)", record.after) && line.Skip("}") && line.AtEnd();
}

}  // namespace

std::optional<DecodedRecord> ReadRecordLine(std::string_view line) {
  if (line.size() > kMaxRecordBytes || !IsValidUtf8(line)) return std::nullopt;
  LineReader reader(line);
  DecodedRecord decoded;
  if (!reader.Skip(R"({"node":)") || !reader.Text(decoded.node)) return std::nullopt;
  if (!reader.Skip(R"(,"seq":)") || !reader.Number(decoded.sequence)) return std::nullopt;
  if (!ReadDecision(reader, decoded.record)) return std::nullopt;
  if (!ReadRest(reader, decoded.record)) return std::nullopt;
  return decoded;
}

}  // namespace sluice::audit

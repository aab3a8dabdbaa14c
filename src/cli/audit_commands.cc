// sluice audit tail, sluice usage and sluice keys: what was decided, how much was read, and the
// keys that everything is signed with.

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "base/encoding.h"
#include "cli/owner_session.h"
#include "cli/text_table.h"
#include "cli/values.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

constexpr char kTailNotes[] =
    "Examples:\n"
    "  sluice audit tail --recipient acme           the last 20 decisions about acme\n"
    "  sluice audit tail --action query --json      a line of JSON for each query\n"
    "  sluice audit tail --follow                   and those that come\n"
    "Records are there within a second of the decision.\n";

constexpr char kUsageNotes[] =
    "Examples:\n"
    "  sluice usage report --recipient acme\n"
    "  sluice usage report --since 2026-11-01 --until 2026-11-30 --format csv\n"
    "  sluice usage report --cost                   by the prices of the server's priceList\n"
    "  sluice usage report --cost --storage --since 2026-11-01 --until 2026-11-30 --format focus\n"
    "Bytes are those of the files that were listed; bytes sent went through this server. Storage\n"
    "is what each table's latest version has now, for all of these days, charged to its owner.\n";

constexpr char kRotateNotes[] =
    "What the last key signed stays good until the next rotation; what older ones signed ends.\n"
    "Links live for urlLifetime and page tokens for pageTokenLifetime: wait as long between two\n"
    "rotations. With masterKeyFile or masterKeyCommand, put a new line in front there instead, "
    "and\n"
    "send SIGHUP.\n";

void AddParameter(std::string_view name, const std::string& value, std::string& query) {
  if (value.empty()) return;
  query += Format("{}{}={}", query.empty() ? "?" : "&", name, PercentEncode(value));
}

std::string Cell(const json::value& record, std::string_view key) {
  const json::value* const member =
      record.is_object() ? FindMember(record.as_object(), key) : nullptr;
  if (member == nullptr) return {};
  return member->is_string() ? std::string(member->as_string()) : json::serialize(*member);
}

/// Records as lines of a table, or as they were sent.
Result<void> PrintRecords(const std::string& lines, OwnerSession& session) {
  if (session.WantsJson()) {
    session.out() << lines << std::flush;
    return {};
  }
  TextTable table({"TIME", "ACTION", "ALLOWED", "WHO", "WHAT", "FILES", "BYTES", "REASON"});
  std::string_view left = lines;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const json::value record = TRY(ParseJson(left.substr(0, end)));
    left.remove_prefix(std::min(end + 1, left.size()));
    table.Add({Cell(record, "time"), Cell(record, "action"), Cell(record, "allowed"),
               Cell(record, "recipient"), Cell(record, "object"), Cell(record, "files"),
               Cell(record, "bytes"), Cell(record, "reason")});
  }
  if (!table.empty()) session.out() << table.Text() << std::flush;
  return {};
}

/// The same lines, the last one first.
std::string Reversed(const std::string& lines) {
  std::string reversed;
  std::string_view left = lines;
  while (!left.empty()) {
    if (left.ends_with('\n')) left.remove_suffix(1);
    const std::size_t begin = left.rfind('\n') + 1;  // 0 if there is none
    reversed += std::string(left.substr(begin)) + "\n";
    left = left.substr(0, begin);
  }
  return reversed;
}

/// What was shown last, so that the next question begins there.
struct Shown {
  std::string time;             ///< Of the youngest record shown.
  std::set<std::string> names;  ///< "NODE SEQ" of those that may come again.
};

/// `lines`, oldest first, without what was shown before.
Result<std::string> NewOnes(const std::string& lines, Shown& shown) {
  std::string fresh;
  std::set<std::string> names;
  std::string_view left = lines;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string line(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    const json::value record = TRY(ParseJson(line));
    const std::string name = Cell(record, "node") + " " + Cell(record, "seq");
    if (!shown.names.contains(name)) fresh += line + "\n";
    names.insert(name);
    shown.time = std::max(shown.time, Cell(record, "time"));
  }
  if (!names.empty()) shown.names = std::move(names);
  return fresh;
}

Result<int> TailRecords(OwnerSession& session) {
  const Arguments& given = session.arguments;
  std::string filter;
  for (const char* const name : {"recipient", "share", "object", "action"}) {
    AddParameter(name, given.Text(Format("--{}", name)), filter);
  }
  AddParameter("requestId", given.Text("--request"), filter);
  std::string newest = filter;
  AddParameter("limit", given.Find("--limit").value_or("20"), newest);
  const std::string last = TRY(session.server.GetText("/audit/records" + newest));
  Shown shown;
  const std::string first = TRY(NewOnes(Reversed(last), shown));
  TRY(PrintRecords(first, session));
  while (given.IsSet("--follow")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    std::string query = filter;
    AddParameter("order", "oldest", query);
    AddParameter("limit", "10000", query);
    AddParameter("since", shown.time, query);
    const std::string answer = TRY(session.server.GetText("/audit/records" + query));
    const std::string fresh = TRY(NewOnes(answer, shown));
    TRY(PrintRecords(fresh, session));
  }
  return kSuccess;
}

Result<int> ReportUsage(OwnerSession& session) {
  const Arguments& given = session.arguments;
  std::string query;
  for (const char* const name : {"recipient", "share", "since", "until"}) {
    AddParameter(name, given.Text(Format("--{}", name)), query);
  }
  const bool wants_cost = given.IsSet("--cost");
  if (given.IsSet("--storage")) {
    if (!wants_cost) return InvalidArgument("--storage is part of --cost");
    AddParameter("storage", "true", query);
  }
  const std::string path = wants_cost ? "/usage/cost" : "/usage";
  const std::string format = given.Text("--format");
  if (!format.empty() || session.WantsJson() || wants_cost) {
    const bool is_for_people = wants_cost && !session.WantsJson();
    AddParameter("format", !format.empty() ? format : is_for_people ? "table" : "json", query);
    session.out() << TRY(session.server.GetText(path + query));
    return kSuccess;
  }
  const json::value answer = TRY(session.server.Get(path + query));
  TextTable table(
      {"DAY", "RECIPIENT", "SHARE", "WHAT", "FROM", "TO", "REQUESTS", "FILES", "BYTES", "SENT"});
  for (const json::value& row : ArrayIn(answer, "items")) {
    table.Add({Cell(row, "day"), Cell(row, "recipient"), Cell(row, "share"), Cell(row, "object"),
               Cell(row, "fromRegion"), Cell(row, "toRegion"), Cell(row, "requests"),
               Cell(row, "files"), Cell(row, "bytes"), Cell(row, "bytesSent")});
  }
  session.out() << (table.empty() ? "nothing was read\n" : table.Text());
  return kSuccess;
}

std::string KeysText(const json::value& answer) {
  std::string text;
  for (const json::value& fingerprint : ArrayIn(answer, "fingerprints")) {
    text += Format("{}  {}\n", std::string(fingerprint.as_string()),
                   text.empty() ? "signs" : "is still believed");
  }
  return text;
}

Result<int> ListKeys(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/keys"));
  session.Print(answer, KeysText(answer));
  return kSuccess;
}

Result<int> RotateKeys(OwnerSession& session) {
  const json::value answer = TRY(session.server.Post("/keys/rotation", {}));
  session.Print(answer, KeysText(answer));
  return kSuccess;
}

std::vector<Parameter> RecordParameters() {
  return {{.name = "--recipient", .help = "About this recipient, or by this principal"},
          {.name = "--share", .help = "About this share"},
          {.name = "--object", .help = "About this table, such as sales.retail.orders"},
          {.name = "--action", .help = "list, version, metadata, query, changes, download, ..."},
          {.name = "--request", .help = "Of the answer with this X-Request-Id"},
          {.name = "--limit", .help = "How many, the newest ones [20]", .value_name = "N"},
          {.name = "--follow", .help = "Go on with those that come", .kind = Kind::kSwitch}};
}

}  // namespace

std::vector<Command> AuditCommands() {
  return {
      OwnerCommand({.path = "audit tail",
                    .about = "Show the last decisions.",
                    .notes = kTailNotes,
                    .parameters = RecordParameters()},
                   TailRecords),
      OwnerCommand(
          {.path = "usage report",
           .about = "Add up what was read.",
           .notes = kUsageNotes,
           .parameters = {{.name = "--recipient", .help = "Of this recipient"},
                          {.name = "--share", .help = "Of this share"},
                          {.name = "--since", .help = "From this day on", .value_name = "DAY"},
                          {.name = "--until", .help = "Up to this day", .value_name = "DAY"},
                          {.name = "--cost",
                           .help = "What it cost, by the price list",
                           .kind = Kind::kSwitch},
                          {.name = "--storage",
                           .help = "With --cost: also what is kept, for --since to --until",
                           .kind = Kind::kSwitch},
                          {.name = "--format",
                           .help = "json, csv or, of costs, focus",
                           .choices = {"json", "csv", "focus"}}}},
          ReportUsage),
      OwnerCommand({.path = "keys list", .about = "Name the master keys, the newest first."},
                   ListKeys),
      OwnerCommand({.path = "keys rotate",
                    .about = "Sign with a new master key from now on.",
                    .notes = kRotateNotes},
                   RotateKeys),
  };
}

}  // namespace sluice::cli

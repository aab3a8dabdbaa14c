// sluice quota: how much may be read.

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/owner_session.h"
#include "cli/text_table.h"
#include "cli/values.h"
#include "config/value.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

constexpr char kSetNotes[] =
    "Examples:\n"
    "  sluice quota set requests 100 --per second                  each recipient\n"
    "  sluice quota set bytes 50GiB --per day --recipient acme\n"
    "  sluice quota set files 100000 --per month --share sales     each recipient, of this share\n"
    "  sluice quota set concurrent 4 --recipient acme              queries at the same time\n"
    "Where several apply, all do. One of the same recipient, share, measure and window is "
    "replaced.\n"
    "Days and months are those of UTC.\n";

Result<std::int64_t> ParseLimit(std::string_view measure, const std::string& text) {
  const auto number = config::ParseInteger(text);
  if (number.ok()) return *number;
  if (measure == "bytes") {
    const auto bytes = config::ParseBytes(text);
    if (bytes.ok()) return static_cast<std::int64_t>(*bytes);
    return InvalidArgument("LIMIT: expected bytes such as 50GiB, not '{}'", text);
  }
  return InvalidArgument("LIMIT: expected a whole number, not '{}'", text);
}

Result<int> SetQuota(OwnerSession& session) {
  const Arguments& given = session.arguments;
  const std::string measure = given.Text("MEASURE");
  const std::int64_t limit = TRY(ParseLimit(measure, given.Text("LIMIT")));
  json::object body = {{"measure", measure},
                       {"limit", limit},
                       {"recipient", given.Text("--recipient")},
                       {"share", given.Text("--share")}};
  if (measure != "concurrent") {
    if (!given.Has("--per")) return InvalidArgument("--per is missing: second, day or month");
    body["window"] = given.Text("--per");
  } else if (given.Has("--per")) {
    return InvalidArgument("--per: what is read at the same time has no window");
  }
  const json::value answer = TRY(session.server.Put("/quotas", body));
  session.Print(answer, Format("quota {} is in force\n", TextOf(answer, "id")));
  return kSuccess;
}

/// Names by ids.
Result<std::map<std::string, std::string>> Names(AdminClient& server, const std::string& path) {
  std::map<std::string, std::string> names;
  const json::array items = TRY(server.List(path));
  for (const json::value& item : items) {
    names.emplace(TextOf(item, "id"), TextOf(item, "name"));
  }
  return names;
}

std::string NameOf(const std::string& id, const std::map<std::string, std::string>& names,
                   std::string_view all) {
  if (id.empty()) return std::string(all);
  const auto found = names.find(id);
  return found == names.end() ? id : found->second;
}

Result<int> ListQuotas(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/quotas"));
  const auto recipients = TRY(Names(session.server, "/recipients"));
  const auto shares = TRY(Names(session.server, "/shares"));
  std::vector<std::vector<std::string>> rows;
  for (const json::value& quota : ArrayIn(answer, "items")) {
    const json::value* const limit = FindMember(quota.as_object(), "limit");
    rows.push_back({NameOf(TextOf(quota, "recipientId"), recipients, "each"),
                    NameOf(TextOf(quota, "shareId"), shares, "all"), TextOf(quota, "measure"),
                    limit == nullptr ? "" : json::serialize(*limit), TextOf(quota, "window"),
                    TextOf(quota, "id")});
  }
  std::ranges::sort(rows);
  TextTable table({"RECIPIENT", "SHARE", "MEASURE", "LIMIT", "PER", "ID"});
  for (std::vector<std::string>& row : rows) table.Add(std::move(row));
  session.Print(answer, table.empty() ? "no quotas: see sluice quota set --help\n" : table.Text());
  return kSuccess;
}

Result<int> DropQuota(OwnerSession& session) {
  const std::string id = session.arguments.Text("ID");
  const json::value answer = TRY(session.server.Delete("/quotas" + PathPart(id)));
  session.Print(answer, Format("quota {} is gone\n", id));
  return kSuccess;
}

}  // namespace

std::vector<Command> QuotaCommands() {
  return {
      OwnerCommand({.path = "quota set",
                    .about = "Say how much may be read.",
                    .notes = kSetNotes,
                    .parameters = {{.name = "MEASURE",
                                    .help = "requests, files, bytes or concurrent",
                                    .kind = Kind::kRequired,
                                    .choices = {"requests", "files", "bytes", "concurrent"}},
                                   {.name = "LIMIT",
                                    .help = "A number, of bytes also as 50GiB",
                                    .kind = Kind::kRequired},
                                   {.name = "--per",
                                    .help = "second, day or month",
                                    .choices = {"second", "day", "month"}},
                                   {.name = "--recipient", .help = "Else each recipient by itself"},
                                   {.name = "--share", .help = "Else all shares together"}}},
                   SetQuota),
      OwnerCommand({.path = "quota list", .about = "List all quotas."}, ListQuotas),
      OwnerCommand({.path = "quota drop",
                    .about = "End a quota.",
                    .parameters = {{.name = "ID",
                                    .help = "As sluice quota list prints it",
                                    .kind = Kind::kRequired}}},
                   DropQuota),
  };
}

}  // namespace sluice::cli

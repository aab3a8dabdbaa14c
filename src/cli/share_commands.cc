// sluice share: what is shared.

#include <utility>

#include "base/encoding.h"
#include "cli/owner_session.h"
#include "cli/report.h"
#include "cli/request_body.h"
#include "cli/text_table.h"
#include "cli/values.h"

namespace sluice::cli {
namespace {

using As = BodyField::As;
using Kind = Parameter::Kind;

constexpr char kCreateNotes[] =
    "Examples:\n"
    "  sluice share create sales --comment \"Daily sales\"\n"
    "  sluice share create claims --purpose-required --tag tier=gold --tag team=claims\n"
    "Next: sluice share add-table, then sluice grant.\n";

constexpr char kUpdateNotes[] =
    "Examples:\n"
    "  sluice share update sales --comment \"Daily sales, all shops\"\n"
    "  sluice share update sales --tag tier=silver    replaces all tags\n"
    "  sluice share update sales --tag \"\"             removes all tags\n"
    "  sluice share update sales --purpose-required=false\n"
    "What is not named stays as it is.\n";

constexpr char kAddTableNotes[] =
    "Examples:\n"
    "  sluice share add-table sales retail.orders ./warehouse/retail/orders --history\n"
    "  sluice share add-table sales retail.refunds s3://lake/refunds --start-version 100\n"
    "The server looks whether it can serve the table; --no-check adds one that is not there yet.\n"
    "A path is one of the server's machine: a relative one begins at the current folder.\n";

constexpr char kAddFolderNotes[] =
    "Examples:\n"
    "  sluice share add-folder sales ./warehouse/retail --schema retail --history\n"
    "  sluice share add-folder sales s3://lake/retail --alias orders_v2=orders\n"
    "All Delta tables below the folder are shared, new ones too once they are found: on the\n"
    "server's machine after --rescan-interval, in a bucket after a minute or more.\n";

std::vector<Parameter> ShareParameters(std::vector<Parameter> first) {
  for (Parameter& parameter : std::vector<Parameter>{
           {.name = "--comment", .help = "What is in it, for those who read it"},
           {.name = "--display-name", .help = "Its name for people who browse"},
           {.name = "--owner", .help = "The principal who may change it", .value_name = "NAME"},
           {.name = "--purpose-required",
           .help = "Whoever reads must say what for",
           .kind = Kind::kSwitch},
           {.name = "--region",
           .help = "Where its data lies, for the cost of reading it elsewhere"},
           {.name = "--tag",
           .help = "May be repeated; never shown to recipients",
           .kind = Kind::kMany,
           .value_name = "KEY=VALUE"},
           {.name = "--property",
           .help = "May be repeated; shown to recipients",
           .kind = Kind::kMany,
           .value_name = "KEY=VALUE"},
           {.name = "--delivery",
           .help = "How files reach recipients: auto, url, proxy or dir",
           .choices = {"auto", "url", "proxy", "dir"}},
           {.name = "--freshness",
           .help = "How old the last look at a table's log may be",
           .value_name = "DURATION"},
           {.name = "--serve-stale-for",
           .help = "How long the last known version is served while the store does not answer",
           .value_name = "DURATION"}}) {
    first.push_back(std::move(parameter));
  }
  return first;
}

Result<json::object> ShareBody(const Arguments& arguments) {
  json::object body;
  TRY(AddFields(arguments,
                {{"--comment", "comment"},
                 {"--display-name", "displayName"},
                 {"--owner", "owner"},
                 {"--purpose-required", "purposeRequired", As::kTruth},
                 {"--region", "region"},
                 {"--tag", "tags", As::kPairs},
                 {"--property", "properties", As::kPairs},
                 {"--delivery", "delivery"},
                 {"--freshness", "freshness"},
                 {"--serve-stale-for", "serveStaleFor"}},
                body));
  return body;
}

std::string SharePath(const std::string& share) { return "/shares" + PathPart(share); }

Result<int> CreateShare(OwnerSession& session) {
  json::object body = TRY(ShareBody(session.arguments));
  const std::string name = session.arguments.Text("NAME");
  body["name"] = name;
  const json::value answer = TRY(session.server.Post("/shares", body));
  session.Print(answer, Format("share {0} is there; add to it with\n"
                               "  sluice share add-table {0} SCHEMA.TABLE LOCATION\n",
                               name));
  return kSuccess;
}

Result<int> ListShares(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/shares"));
  TextTable table({"NAME", "TABLES", "OWNER", "FROM", "COMMENT"});
  for (const json::value& share : ArrayIn(answer, "items")) {
    const json::value* const count = FindMember(share.as_object(), "tables");
    table.Add({TextOf(share, "name"), count == nullptr ? "" : json::serialize(*count),
               TextOf(share, "owner"), TextOf(share, "source"), TextOf(share, "comment")});
  }
  session.Print(
      answer, table.empty() ? "nothing is shared: see sluice share create --help\n" : table.Text());
  return kSuccess;
}

std::string ShareText(const json::value& share) {
  TextTable facts({"share", TextOf(share, "name")});
  const auto add = [&facts](const char* name, const std::string& text) {
    if (!text.empty()) facts.Add({name, text});
  };
  add("display name", TextOf(share, "displayName"));
  add("comment", TextOf(share, "comment"));
  const bool is_from_file = TextOf(share, "source") == "configuration";
  if (is_from_file) add("source", "the server's configuration: change it there");
  add("owner", TextOf(share, "owner"));
  add("region", TextOf(share, "region"));
  if (FindMember(share.as_object(), "purposeRequired") != nullptr) add("purpose", "required");
  add("delivery", TextOf(share, "delivery"));
  add("tags", PairsText(ObjectIn(share, "tags")));
  add("properties", PairsText(ObjectIn(share, "properties")));
  add("created", TextOf(share, "createdAt"));
  TextTable entries({"TABLE", "HISTORY", "LOCATION", "COMMENT"});
  for (const json::value& entry : ArrayIn(share, "entries")) {
    const bool is_table = TextOf(entry, "kind") == "table";
    const std::string schema = TextOf(entry, "schema");
    const json::value* const history = FindMember(entry.as_object(), "historyShared");
    const bool has_history = history != nullptr && history->is_bool() && history->as_bool();
    entries.Add({is_table ? schema + "." + TextOf(entry, "table") : schema + ".* (folder)",
                 has_history ? "yes" : "no", TextOf(entry, "location"), TextOf(entry, "comment")});
  }
  return facts.Text() + (entries.empty() ? "no tables yet\n" : "\n" + entries.Text());
}

Result<int> ShowShare(OwnerSession& session) {
  const json::value share = TRY(session.server.Get(SharePath(session.arguments.Text("NAME"))));
  session.Print(share, ShareText(share));
  return kSuccess;
}

Result<int> UpdateShare(OwnerSession& session) {
  const json::object body = TRY(ShareBody(session.arguments));
  if (body.empty()) return InvalidArgument("nothing to change: see sluice share update --help");
  const std::string name = session.arguments.Text("NAME");
  const json::value answer = TRY(session.server.Patch(SharePath(name), body));
  session.Print(answer, Format("share {} is changed\n", name));
  return kSuccess;
}

Result<int> RenameShare(OwnerSession& session) {
  const std::string name = session.arguments.Text("NAME");
  const std::string new_name = session.arguments.Text("NEW-NAME");
  const json::value answer =
      TRY(session.server.Patch(SharePath(name), json::object{{"name", new_name}}));
  session.Print(answer,
                Format("share {} is now {}; recipients find it by its new name\n", name, new_name));
  return kSuccess;
}

Result<int> DropShare(OwnerSession& session) {
  const std::string name = session.arguments.Text("NAME");
  const json::value answer = TRY(session.server.Delete(SharePath(name)));
  session.Print(answer, Format("share {} is gone, and so are its grants\n", name));
  return kSuccess;
}

Result<json::object> EntryBody(const Arguments& arguments) {
  json::object body;
  TRY(AddFields(arguments,
                {{"LOCATION", "location", As::kLocation},
                 {"--comment", "comment"},
                 {"--schema", "schema"},
                 {"--history", "historyShared", As::kTruth},
                 {"--start-version", "startVersion", As::kNumber},
                 {"--alias", "aliases", As::kPairs},
                 {"--tag", "tags", As::kPairs},
                 {"--delivery", "delivery"},
                 {"--no-check", "unchecked", As::kTruth}},
                body));
  return body;
}

Result<int> AddTable(OwnerSession& session) {
  const TableName name = TRY(ParseTableName(session.arguments.Text("SCHEMA.TABLE")));
  json::object body = TRY(EntryBody(session.arguments));
  body["schema"] = name.schema;
  body["table"] = name.table;
  const std::string share = session.arguments.Text("SHARE");
  const json::value answer = TRY(session.server.Post(SharePath(share) + "/tables", body));
  session.Print(answer, Format("table {}.{}.{} is shared\n", share, name.schema, name.table));
  return kSuccess;
}

Result<int> AddFolder(OwnerSession& session) {
  const json::object body = TRY(EntryBody(session.arguments));
  const std::string share = session.arguments.Text("SHARE");
  const json::value answer = TRY(session.server.Post(SharePath(share) + "/folders", body));
  session.Print(answer, Format("the tables of {} are shared; sluice share list counts them\n",
                               TextOf(body, "location")));
  return kSuccess;
}

Result<int> RemoveTable(OwnerSession& session) {
  const TableName name = TRY(ParseTableName(session.arguments.Text("SCHEMA.TABLE")));
  const std::string share = session.arguments.Text("SHARE");
  const json::value answer = TRY(session.server.Delete(
      SharePath(share) + "/schemas" + PathPart(name.schema) + "/tables" + PathPart(name.table)));
  session.Print(answer,
                Format("table {}.{}.{} is no longer shared\n", share, name.schema, name.table));
  return kSuccess;
}

Result<int> RemoveFolder(OwnerSession& session) {
  const std::string location = AbsoluteLocation(session.arguments.Text("LOCATION"));
  std::string path =
      SharePath(session.arguments.Text("SHARE")) + "/folders?location=" + PercentEncode(location);
  if (session.arguments.Has("--schema")) {
    path += "&schema=" + PercentEncode(session.arguments.Text("--schema"));
  }
  const json::value answer = TRY(session.server.Delete(path));
  session.Print(answer, Format("the tables of {} are no longer shared\n", location));
  return kSuccess;
}

Parameter Name(const char* name, const char* help) {
  return {.name = name, .help = help, .kind = Kind::kRequired};
}

std::vector<Parameter> EntryParameters(std::vector<Parameter> first) {
  for (Parameter& parameter :
       std::vector<Parameter>{{.name = "--history",
       .help = "Recipients may read older versions and changes",
       .kind = Kind::kSwitch},
                              {.name = "--start-version",
                              .help = "Hide everything before this version",
                              .value_name = "N"},
                              {.name = "--comment", .help = "What is in it, for those who read it"},
                              {.name = "--tag",
                              .help = "May be repeated; never shown to recipients",
                              .kind = Kind::kMany,
                              .value_name = "KEY=VALUE"},
                              {.name = "--delivery",
                              .help = "How files reach recipients: auto, url, proxy or dir",
                              .choices = {"auto", "url", "proxy", "dir"}},
                              {.name = "--no-check",
                              .help = "Do not look whether it is there and can be served",
                              .kind = Kind::kSwitch}}) {
    first.push_back(std::move(parameter));
  }
  return first;
}

std::vector<Command> EntryCommands() {
  const Parameter share = Name("SHARE", "A share that is there");
  const Parameter table = Name("SCHEMA.TABLE", "What recipients call it");
  return {
      OwnerCommand({.path = "share add-table",
                    .about = "Share a table.",
                    .notes = kAddTableNotes,
                    .parameters = EntryParameters(
                        {share, table, Name("LOCATION", "A folder with a _delta_log, or a URL")})},
                   AddTable),
      OwnerCommand(
          {.path = "share add-folder",
           .about = "Share all tables below a folder.",
           .notes = kAddFolderNotes,
           .parameters = EntryParameters(
               {share,
                Name("LOCATION", "A folder of the server's machine, or the URL of one in a bucket"),
                {.name = "--schema",
                 .help = "The schema of all of them; else each has that of its place"},
                {.name = "--alias",
                 .help = "Another name for a table that is found; may be repeated",
                 .kind = Kind::kMany,
                 .value_name = "FOUND=NAME"}})},
          AddFolder),
      OwnerCommand({.path = "share remove-table",
                    .about = "Stop sharing a table; the table itself stays.",
                    .notes = "Example:\n  sluice share remove-table sales retail.orders\n",
                    .parameters = {share, table}},
                   RemoveTable),
      OwnerCommand({.path = "share remove-folder",
                    .about = "Stop sharing the tables of a folder; they themselves stay.",
                    .notes = "Example:\n  sluice share remove-folder sales ./warehouse/retail "
                             "--schema retail\n",
                    .parameters = {share,
                                   Name("LOCATION", "As it was added"),
                                   {.name = "--schema", .help = "As it was added"}}},
                   RemoveFolder),
  };
}

}  // namespace

std::vector<Command> ShareCommands() {
  std::vector<Command> commands = {
      OwnerCommand({.path = "share create",
                    .about = "Begin a share.",
                    .notes = kCreateNotes,
                    .parameters = ShareParameters({Name("NAME", "What recipients call it")})},
                   CreateShare),
      OwnerCommand({.path = "share list",
                    .about = "List all shares.",
                    .notes = "Shares from a configuration file are listed too; they are changed "
                             "there.\n"},
                   ListShares),
      OwnerCommand({.path = "share show",
                    .about = "Show one share and what is in it.",
                    .parameters = {Name("NAME", "A share")}},
                   ShowShare),
      OwnerCommand({.path = "share update",
                    .about = "Change what is said of a share.",
                    .notes = kUpdateNotes,
                    .parameters = ShareParameters({Name("NAME", "A share that is there")})},
                   UpdateShare),
      OwnerCommand(
          {.path = "share rename",
           .about = "Give a share another name.",
           .notes = "Example:\n  sluice share rename sales daily-sales\n"
                    "Grants stay.\n",
           .parameters = {Name("NAME", "A share that is there"), Name("NEW-NAME", "Its new name")}},
          RenameShare),
      OwnerCommand({.path = "share drop",
                    .about = "End a share and all grants of it; its tables stay where they are.",
                    .notes = "Example:\n  sluice share drop sales\n",
                    .parameters = {Name("NAME", "A share that is there")}},
                   DropShare),
  };
  for (Command& command : EntryCommands()) commands.push_back(std::move(command));
  return commands;
}

}  // namespace sluice::cli

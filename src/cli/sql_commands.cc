// sluice sql: the owner's SQL.

#include <utility>

#include "cli/owner_session.h"
#include "cli/sql_command.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

constexpr char kNotes[] =
    "Examples:\n"
    "  sluice sql -e \"CREATE SHARE sales\"\n"
    "  sluice sql -f grants.sql                     every statement of a file, up to the first "
    "fault\n"
    "  sluice sql -f snowflake.sql --skip-queries   a script that also reads what it shares\n"
    "  sluice sql -e \"SHOW GRANTS TO RECIPIENT acme\"\n"
    "docs/guide/sql.md lists the statements.\n";

Result<int> RunSql(OwnerSession& session) {
  const Arguments& given = session.arguments;
  if (given.Has("--file") == given.Has("--execute")) {
    return InvalidArgument("give either --file or --execute");
  }
  const std::string text =
      given.Has("--file") ? TRY(ReadSqlFile(given.Text("--file"))) : given.Text("--execute");
  json::object body = {{"sql", text}, {"skipQueries", given.IsSet("--skip-queries")}};
  if (given.Has("--as")) body["recipient"] = given.Text("--as");
  const auto answer = session.server.Post("/sql", body);
  if (answer.ok()) {
    session.Print(*answer, SqlAnswerText(*answer));
    return kSuccess;
  }
  if (answer.error().code != ErrorCode::kInvalidArgument) return answer.error();
  session.err() << SqlFaultText(text, answer.error());
  return kFailure;
}

}  // namespace

std::vector<Command> SqlCommands() {
  return {OwnerCommand(
      {.path = "sql",
       .about = "Manage shares and recipients by SQL.",
       .notes = kNotes,
       .parameters = {{.name = "-f,--file",
                       .help = "Statements separated by semicolons; - is standard input",
                       .value_name = "FILE"},
                      {.name = "-e,--execute", .help = "Statements", .value_name = "SQL"},
                      {.name = "--skip-queries",
                       .help = "Pass over SELECT rather than stop there",
                       .kind = Kind::kSwitch},
                      {.name = "--as",
                       .help = "The recipient that CREATE DATABASE ... FROM SHARE is for",
                       .value_name = "RECIPIENT"}}},
      RunSql)};
}

}  // namespace sluice::cli

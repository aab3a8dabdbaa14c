// sluice sql: the owner's SQL.

#include "cli/sql_command.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "admin/sql/parser.h"
#include "cli/owner_session.h"
#include "cli/text_file.h"
#include "cli/text_table.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

constexpr char kNotes[] =
    "Examples:\n"
    "  sluice sql -e 'SHOW SHARES'\n"
    "  sluice sql -f grants.sql               statements, separated by semicolons\n"
    "  sluice sql -f script.sql --skip-queries --as acme\n"
    "All statements are parsed before the first one runs. Each is done whole or not at all; the\n"
    "first that fails ends the run, and what was done before stays. docs/guide/sql.md has them "
    "all.\n";

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::vector<std::string> TextsOf(const json::value& array) {
  std::vector<std::string> texts;
  if (!array.is_array()) return texts;
  for (const json::value& item : array.as_array()) {
    texts.push_back(item.is_string() ? std::string(item.as_string()) : std::string());
  }
  return texts;
}

std::string TableText(const json::value& result) {
  std::vector<std::string> headings = TextsOf(ArrayIn(result, "columns"));
  for (std::string& heading : headings) heading = UpperCase(heading);
  const std::size_t width = headings.size();
  TextTable table(std::move(headings));
  for (const json::value& row : ArrayIn(result, "rows")) {
    std::vector<std::string> cells = TextsOf(row);
    cells.resize(width);  // a server of another version
    table.Add(std::move(cells));
  }
  return table.empty() ? "nothing to show\n" : table.Text();
}

Result<std::string> TextOfCommand(const Arguments& arguments) {
  if (arguments.Has("--execute") == arguments.Has("--file")) {
    return InvalidArgument("say either -e 'STATEMENTS' or -f FILE");
  }
  if (arguments.Has("--execute")) return arguments.Text("--execute");
  return ReadSqlFile(arguments.Text("--file"));
}

Result<int> RunSql(OwnerSession& session) {
  const std::string text = TRY(TextOfCommand(session.arguments));
  json::object body = {{"sql", text}};
  if (session.arguments.IsSet("--skip-queries")) body["skipQueries"] = true;
  if (session.arguments.Has("--as")) body["recipient"] = session.arguments.Text("--as");
  const auto answer = session.server.Post("/sql", body);
  if (answer.ok()) {
    session.Print(*answer, SqlAnswerText(*answer));
    return kSuccess;
  }
  if (!answer.error().message.starts_with("line ")) return answer.error();
  session.err() << "sluice: " << SqlFaultText(text, answer.error());
  return kFailure;
}

}  // namespace

std::string SqlAnswerText(const json::value& answer) {
  std::string text;
  bool was_table = false;
  for (const json::value& result : ArrayIn(answer, "results")) {
    const bool is_table = result.is_object() && result.as_object().contains("columns");
    // Tables stand apart from what is before and behind them.
    if (!text.empty() && (is_table || was_table)) text += '\n';
    text += is_table ? TableText(result) : Printable(TextOf(result, "message")) + "\n";
    was_table = is_table;
  }
  return text;
}

std::string SqlFaultText(std::string_view text, const Error& error) {
  return admin::sql::ShowFault(text, Printable(error.message));
}

Result<std::string> ReadSqlFile(const std::string& path) {
  return ReadTextFile(path, admin::sql::kMaxTextBytes);
}

std::vector<Command> SqlCommands() {
  return {
      OwnerCommand({.path = "sql",
                    .about = "Run SQL statements about shares, recipients and grants.",
                    .notes = kNotes,
                    .parameters = {{.name = "-f,--file",
                                    .help = "Statements; - is standard input",
                                    .value_name = "FILE"},
                                   {.name = "-e,--execute", .help = "The statements themselves"},
                                   {.name = "--skip-queries",
                                    .help = "Pass over SELECT and WITH, which this does not run",
                                    .kind = Kind::kSwitch},
                                   {.name = "--as",
                                    .help = "Whose databases CREATE and DROP DATABASE are about",
                                    .value_name = "RECIPIENT"}}},
                   RunSql)};
}

}  // namespace sluice::cli

#include "cli/owner_session.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "catalog/data_directory.h"
#include "cli/text_table.h"
#include "cli/values.h"
#include "config/value.h"
#include "http/client_target.h"

namespace sluice::cli {
namespace {

constexpr char kTokenVariable[] = "SLUICE_TOKEN";
constexpr char kDataDirectoryVariable[] = "SLUICE_DATA_DIR";
constexpr char kDefaultDataDirectory[] = "sluice-data";
constexpr char kGroup[] = "Server";

std::string Variable(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

Result<AdminAddress> NamedServer(std::string url, const std::string& token) {
  while (url.ends_with('/')) url.pop_back();
  const auto target = http::ParseClientUrl(url);
  if (!target.ok()) {
    return InvalidArgument(
        "--server: expected the owner's listener, such as http://127.0.0.1:8081");
  }
  if (token.empty()) {
    return InvalidArgument("--server needs a token in {}: sluice principal set makes one",
                           kTokenVariable);
  }
  return AdminAddress{.url = std::move(url), .token = Secret(token)};
}

/// What helps whoever meets an error about the thing that its message begins with.
std::string_view WhereToLook(std::string_view message) {
  struct Place {
    std::string_view start;
    std::string_view advice;
  };
  constexpr Place kPlaces[] = {
      {"there is no data directory",
       "start a server with sluice serve, or name one with --data-dir, SLUICE_DATA_DIR or "
       "--server"},
      {"the location ", "sluice table check LOCATION looks at a table without sharing it"},
      {"this server has no price list", "start it with one: sluice serve --price-list FILE"},
      {"there is no record",
       "sluice audit tail shows what there is, a second after it was decided"},
      {"share ", "sluice share list shows what there is"},
      {"table ", "sluice share show SHARE lists its tables"},
      {"recipient ", "sluice recipient list shows them, sluice recipient show NAME what one has"},
      {"principal ", "sluice principal list shows what there is"},
      {"root ", "sluice root list shows what there is"},
      {"issuer ", "sluice issuer list shows what there is"},
      {"quota ", "sluice quota list shows what there is"},
  };
  for (const Place& place : kPlaces) {
    if (message.starts_with(place.start)) return place.advice;
  }
  return "check the spelling";
}

std::string_view AdviceFor(const Error& error) {
  switch (error.code) {
    case ErrorCode::kUnauthenticated:
      return "the token in SLUICE_TOKEN, or admin.token in the data directory, is not one of this "
             "server";
    case ErrorCode::kPermissionDenied:
      return "sluice whoami says who you are here; an admin may do all: sluice principal list";
    case ErrorCode::kNotFound: return WhereToLook(error.message);
    case ErrorCode::kAlreadyExists:
      return "choose another name, or change what is there: see update and rename";
    case ErrorCode::kUnavailable:
      if (!error.message.starts_with("no server"))
        return "try again; sluice health says what is ill";
      return "start it with sluice serve, or name another with --data-dir or --server";
    case ErrorCode::kInternal: return "the server's log says more";
    default: return {};
  }
}

}  // namespace

void OwnerSession::Print(const json::value& answer, const std::string& text) const {
  if (!WantsJson()) {
    out() << text;
    return;
  }
  if (answer.is_null()) return;
  std::string line;
  AppendJson(answer, line);
  out() << line << '\n';
}

std::string DataDirectoryOf(const Arguments& arguments,
                            const std::map<std::string, std::string>& environment) {
  std::string directory = arguments.Text("--data-dir");
  if (directory.empty()) directory = Variable(environment, kDataDirectoryVariable);
  return directory.empty() ? kDefaultDataDirectory : directory;
}

Result<AdminAddress> FindServer(const Arguments& arguments,
                                const std::map<std::string, std::string>& environment) {
  const std::string token = Variable(environment, kTokenVariable);
  if (arguments.Has("--server")) return NamedServer(arguments.Text("--server"), token);
  const std::string directory = DataDirectoryOf(arguments, environment);
  std::error_code fault;
  if (!std::filesystem::exists(directory, fault) && !fault) {
    return NotFound("there is no data directory {}", AbsolutePath(directory));
  }
  const catalog::ListeningPorts ports = TRY(catalog::ReadPorts(directory));
  AdminAddress address{.url = Format("http://127.0.0.1:{}", ports.admin), .token = Secret(token)};
  if (!token.empty()) return address;
  auto own = catalog::ReadOwnerToken(directory);
  if (!own.ok()) return InvalidArgument("{}", own.error().message);
  address.token = std::move(*own);
  return address;
}

std::string OwnerErrorText(const Error& error) {
  std::string text = "sluice: " + Printable(error.message);
  const std::string_view advice = AdviceFor(error);
  if (!advice.empty()) text += Format("\n        {}", advice);
  return text + "\n";
}

Command OwnerCommand(Command command, std::function<Result<int>(OwnerSession& session)> run) {
  command.parameters.push_back({.name = "--json",
                                .help = "Print what the server answers, as JSON",
                                .kind = Parameter::Kind::kSwitch});
  command.parameters.push_back(
      {.name = "--data-dir",
       .help = "The server that uses this folder; else SLUICE_DATA_DIR, else ./sluice-data",
       .value_name = "FOLDER",
       .group = kGroup});
  command.parameters.push_back(
      {.name = "--server",
       .help = "The server whose owner's listener this is, with the token in SLUICE_TOKEN",
       .value_name = "URL",
       .group = kGroup});
  command.run = [run = std::move(run)](const Session& session) -> Result<int> {
    const auto go = [&]() -> Result<int> {
      AdminAddress address = TRY(FindServer(session.arguments, session.terminal.environment));
      AdminClient client = TRY(AdminClient::New(std::move(address)));
      OwnerSession owner{
          .arguments = session.arguments, .server = client, .terminal = session.terminal};
      return run(owner);
    };
    const Result<int> code = go();
    if (code.ok()) return *code;
    session.terminal.err << OwnerErrorText(code.error());
    return kFailure;
  };
  return command;
}

}  // namespace sluice::cli

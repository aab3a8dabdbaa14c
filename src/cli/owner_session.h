#pragma once

#include <functional>
#include <map>
#include <ostream>
#include <string>

#include "cli/admin_client.h"
#include "cli/command.h"

namespace sluice::cli {

/// What a command of the owner runs with: its arguments, and the server that it is about.
struct OwnerSession {
  const Arguments& arguments;
  AdminClient& server;
  const Terminal& terminal;

  std::ostream& out() const { return terminal.out; }
  std::ostream& err() const { return terminal.err; }
  bool WantsJson() const { return arguments.IsSet("--json"); }
  /// With --json what the server answered, as one line if it answered anything; else `text`.
  void Print(const json::value& answer, const std::string& text) const;
};

/// Makes `command` one of the owner: adds --server, --data-dir and --json to its parameters, and
/// has it run `run` with a client of the server that they name. An error is shown with what helps.
Command OwnerCommand(Command command, std::function<Result<int>(OwnerSession& session)> run);

/// Where the owner's listener is and who asks: --server with SLUICE_TOKEN, else what the data
/// directory (--data-dir, SLUICE_DATA_DIR, ./sluice-data) holds. SLUICE_TOKEN wins over the token
/// in there. Errors: kInvalidArgument, kNotFound, kPermissionDenied, kUnavailable: each says what
/// to do.
Result<AdminAddress> FindServer(const Arguments& arguments,
                                const std::map<std::string, std::string>& environment);

/// "sluice: MESSAGE" and, in a second line, what to do next.
std::string OwnerErrorText(const Error& error);

}  // namespace sluice::cli

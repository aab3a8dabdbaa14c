#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/operations.h"
#include "cli/terminal.h"

namespace sluice::cli {

/// One argument or option of a command.
struct Parameter {
  enum class Kind : std::uint8_t {
    kOptional,
    kRequired,
    kMany,    ///< May be repeated; its values are taken one by one.
    kSwitch,  ///< Without a value; "--name=false" unsets it.
  };
  std::string name;  ///< "NAME" is an argument, "--comment" an option, "FILE,--config" both.
  std::string help;
  Kind kind = Kind::kOptional;
  std::string value_name = {};            ///< What help calls an option's value; empty: TEXT.
  std::vector<std::string> choices = {};  ///< All values that there are; empty: any.
  std::string group = {};                 ///< A heading in the help; empty: that of all options.
};

/// What a command was given, by the names of its parameters, "--comment" or "NAME".
class Arguments {
 public:
  Arguments() = default;
  explicit Arguments(std::map<std::string, std::vector<std::string>> given)
      : given_(std::move(given)) {}

  bool Has(std::string_view name) const { return given_.contains(std::string(name)); }
  bool IsSet(std::string_view name) const { return Text(name) == "true"; }
  std::string Text(std::string_view name) const;  ///< Empty if it was not given.
  std::optional<std::string> Find(std::string_view name) const;
  std::vector<std::string> All(std::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>> given_;
};

/// What a command runs with.
struct Session {
  const Arguments& arguments;
  const Operations& operations;
  const Terminal& terminal;
};

/// One command, as the help, the parser and the completion of shells all know it.
struct Command {
  std::string path;   ///< "share create"
  std::string about;  ///< One line.
  std::string notes;  ///< Below the options: examples, and what else is to be known.
  std::vector<Parameter> parameters;
  /// Returns the exit code.
  std::function<Result<int>(const Session& session)> run;
};

/// A word that leads to commands and is none itself.
struct CommandGroup {
  std::string_view name;
  std::string_view about;
};

/// All commands but `completion`, and the groups that their paths name, in the order of the help.
std::vector<Command> AllCommands();
std::span<const CommandGroup> AllGroups();

// One list a file, in which the commands are.
std::vector<Command> ServerCommands();
std::vector<Command> ShareCommands();
std::vector<Command> RecipientCommands();
std::vector<Command> TokenCommands();
std::vector<Command> GrantCommands();
std::vector<Command> QuotaCommands();
std::vector<Command> SettingCommands();
std::vector<Command> ApplyCommands();
std::vector<Command> AuditCommands();
std::vector<Command> ProofCommands();
std::vector<Command> BackupCommands();

}  // namespace sluice::cli

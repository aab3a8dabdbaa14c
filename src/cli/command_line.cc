#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <map>
#include <string_view>
#include <utility>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/report.h"
#include "config/value.h"

namespace sluice::cli {
namespace {

constexpr char kAbout[] =
    "Sluice shares Delta tables with anyone, without copying them: a Delta Sharing server.";

constexpr char kExamples[] =
    "Examples:\n"
    "  sluice serve /data/warehouse               share every Delta table below a folder\n"
    "  sluice serve --config shares.yaml          share what a configuration file names\n"
    "  sluice config check shares.yaml            find mistakes without starting\n"
    "  sluice table check /data/warehouse/orders  see whether a table can be shared\n"
    "While a server runs:\n"
    "  sluice share create sales                  begin a share\n"
    "  sluice share add-table sales retail.orders /data/warehouse/orders\n"
    "  sluice recipient create acme               name somebody who may read\n"
    "  sluice grant sales --to acme               let them read it\n"
    "  sluice recipient activation-link acme      a link that gives them their profile, once\n"
    "  sluice apply -f sharing.yaml --plan        what a file would change\n"
    "  sluice COMMAND --help                      all there is to say about a command\n";

/// The values that one command was given. CLI11 keeps pointers into it.
class Given {
 public:
  Given(CLI::App& app, const std::vector<Parameter>& parameters) {
    for (const Parameter& parameter : parameters) Add(app, parameter);
  }

  Arguments Values() const {
    std::map<std::string, std::vector<std::string>> values;
    for (const Value& value : values_) {
      if (value.option->count() == 0) continue;
      // "FILE,--config" and "--file,-f" are found by the name that begins with two dashes.
      const std::string& names = value.name;
      const std::size_t dashes = names.find("--");
      const std::size_t start = dashes == std::string::npos ? 0 : dashes;
      values[names.substr(start, names.find(',', start) - start)] =
          value.is_many ? value.many : std::vector<std::string>{value.text};
    }
    return Arguments(std::move(values));
  }

 private:
  struct Value {
    std::string name;
    bool is_many = false;
    std::string text;
    std::vector<std::string> many;
    CLI::Option* option = nullptr;
  };

  void Add(CLI::App& app, const Parameter& parameter) {
    using Kind = Parameter::Kind;
    Value& value = values_.emplace_back(
        Value{.name = parameter.name, .is_many = parameter.kind == Kind::kMany});
    const std::string& name = parameter.name;
    if (parameter.kind == Kind::kMany) {
      value.option = app.add_option(name, value.many, parameter.help)->allow_extra_args(false);
    } else if (parameter.kind == Kind::kSwitch) {
      value.option = app.add_flag(name, value.text, parameter.help);
    } else {
      value.option = app.add_option(name, value.text, parameter.help);
    }
    if (parameter.kind == Kind::kRequired) value.option->required();
    if (!parameter.value_name.empty()) value.option->type_name(parameter.value_name);
    if (!parameter.choices.empty()) value.option->check(CLI::IsMember(parameter.choices));
    if (!parameter.group.empty()) value.option->group(parameter.group);
  }

  std::deque<Value> values_;
};

class CommandLine {
 public:
  CommandLine(const Operations& operations, const Terminal& terminal)
      : operations_(operations), terminal_(terminal), commands_(AllCommands()) {
    app_.footer(kExamples);
    app_.set_version_flag("--version", "sluice " SLUICE_VERSION);
    app_.require_subcommand(0, 1);  // that there is one, Run() checks after the spelling
    commands_.push_back(Completion());
    for (const Command& command : commands_) Add(command);
  }

  int Run(std::vector<std::string> arguments) {
    if (arguments.empty()) arguments = {"--help"};
    std::ranges::reverse(arguments);  // as CLI11 takes them
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::Success& help) {
      app_.exit(help, terminal_.out, terminal_.err);
      return kSuccess;
    } catch (const CLI::ExtrasError&) {
      return UsageError(UnexpectedArgument());
    } catch (const CLI::ParseError& fault) {
      return UsageError(fault.what());
    }
    const auto chosen = added_.find(ChosenCommands().back());
    if (chosen == added_.end()) return UsageError("a command is missing");
    const Arguments values = chosen->second.given.Values();
    const Result<int> code = chosen->second.command->run(
        {.arguments = values, .operations = operations_, .terminal = terminal_});
    if (code.ok()) return *code;
    terminal_.err << ErrorText(code.error());
    return kFailure;
  }

 private:
  struct Added {
    const Command* command;
    Given given;
  };

  Command Completion() {
    return {.path = "completion",
            .about = "Print a completion script: source it in your shell.",
            .notes = "Examples:\n  source <(sluice completion bash)\n",
            .parameters = {{.name = "SHELL",
                            .help = "bash, zsh or fish",
                            .kind = Parameter::Kind::kRequired,
                            .choices = {"bash", "zsh", "fish"}}},
            .run = [this](const Session& session) -> Result<int> {
              std::vector<CommandWords> words;
              CollectWords(app_, "", words);
              terminal_.out << TRY(CompletionScript(session.arguments.Text("SHELL"), words));
              return kSuccess;
            }};
  }

  void Add(const Command& command) {
    CLI::App* parent = &app_;
    std::string name = command.path;
    if (const std::size_t space = name.find(' '); space != std::string::npos) {
      parent = &Group(name.substr(0, space));
      name = name.substr(space + 1);
    }
    CLI::App* const app = parent->add_subcommand(name, command.about);
    app->footer(command.notes);
    added_.emplace(app, Added{.command = &command, .given = Given(*app, command.parameters)});
  }

  CLI::App& Group(const std::string& name) {
    if (const auto known = groups_.find(name); known != groups_.end()) return *known->second;
    const auto groups = AllGroups();
    const auto group = std::ranges::find(groups, name, &CommandGroup::name);
    CHECK(group != groups.end(), "a command's group is not listed");
    CLI::App* const app = app_.add_subcommand(name, std::string(group->about));
    app->require_subcommand(0, 1);
    app->footer(Format("sluice {} COMMAND --help says all about one of them\n", name));
    groups_.emplace(name, app);
    return *app;
  }

  void CollectWords(const CLI::App& command, const std::string& path,
                    std::vector<CommandWords>& commands) const {
    CommandWords found{.path = path};
    for (const CLI::App* below : command.get_subcommands({})) {
      found.words.push_back(below->get_name());
    }
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) found.words.push_back("--" + name);
    }
    if (const auto known = added_.find(&command); known != added_.end()) {
      for (const Parameter& parameter : known->second.command->parameters) {
        found.words.insert(found.words.end(), parameter.choices.begin(), parameter.choices.end());
      }
    }
    commands.push_back(std::move(found));
    for (const CLI::App* below : command.get_subcommands({})) {
      CollectWords(*below, path.empty() ? below->get_name() : path + " " + below->get_name(),
                   commands);
    }
  }

  /// The command that was given, its own name last.
  std::vector<const CLI::App*> ChosenCommands() const {
    std::vector<const CLI::App*> chosen = {&app_};
    while (!chosen.back()->get_subcommands().empty()) {
      chosen.push_back(chosen.back()->get_subcommands().front());
    }
    return chosen;
  }

  std::string UnexpectedArgument() const {
    const CLI::App& command = *ChosenCommands().back();
    std::vector<CommandWords> known;
    CollectWords(command, "", known);
    const std::vector<std::string>& words = known.front().words;
    std::vector<std::string> extras = app_.remaining(/*recurse=*/true);
    const auto is_flag = [](const std::string& text) { return text.starts_with('-'); };
    const auto flag = std::ranges::find_if(extras, is_flag);
    // Below a group the first word should have been a command; what follows belongs to that.
    const bool is_group = !added_.contains(&command);
    const std::string word = is_group ? extras.front() : extras.back();
    const std::string unexpected = flag == extras.end() || is_group ? word : *flag;
    const std::string_view nearest = config::NearestName(unexpected, {words.begin(), words.end()});
    return Format("unexpected '{}'{}", unexpected,
                  nearest.empty() ? "" : Format("; did you mean '{}'?", nearest));
  }

  int UsageError(const std::string& message) const {
    std::string command;
    for (const CLI::App* chosen : ChosenCommands()) {
      command += (command.empty() ? "" : " ") + chosen->get_name();
    }
    terminal_.err << "sluice: " << message << "\n        see: " << command << " --help\n";
    return kUsageError;
  }

  const Operations& operations_;
  const Terminal& terminal_;
  std::vector<Command> commands_;
  CLI::App app_{kAbout, "sluice"};
  std::map<std::string, CLI::App*> groups_;
  std::map<const CLI::App*, Added> added_;
};

}  // namespace

int RunCommandLine(const std::vector<std::string>& arguments, const Operations& operations,
                   const Terminal& terminal) {
  return CommandLine(operations, terminal).Run(arguments);
}

}  // namespace sluice::cli

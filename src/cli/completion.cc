#include "cli/completion.h"

#include "base/format.h"

namespace sluice::cli {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// The commands typed so far are the words without dash among the first two; what they are not
/// known to be (a folder, say) is left out from the end.
std::string BashFunction(const std::vector<CommandWords>& commands) {
  std::string cases;
  for (const CommandWords& command : commands) {
    cases += Format("    \"{}\") words=\"{}\" ;;\n", command.path, Joined(command.words));
  }
  return "_sluice() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" first=\"\" second=\"\" words=\"\"\n"
         "  [ \"$COMP_CWORD\" -gt 1 ] && first=\"${COMP_WORDS[1]}\"\n"
         "  [ \"$COMP_CWORD\" -gt 2 ] && second=\" ${COMP_WORDS[2]}\"\n"
         "  case \"$first\" in config|table) ;; *) second=\"\" ;; esac\n"
         "  case \"$first$second\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  case \"$current\" in -*) ;; *) COMPREPLY+=($(compgen -f -- \"$current\")) ;; esac\n"
         "}\n"
         "complete -o filenames -F _sluice sluice\n";
}

std::string FishLines(const std::vector<CommandWords>& commands) {
  std::string lines;
  for (const CommandWords& command : commands) {
    std::string condition = "__fish_use_subcommand";
    const std::size_t space = command.path.find(' ');
    if (space != std::string::npos) {
      condition = Format("__fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}",
                         command.path.substr(0, space), command.path.substr(space + 1));
    } else if (!command.path.empty()) {
      condition = "__fish_seen_subcommand_from " + command.path;
    }
    for (const std::string& word : command.words) {
      const bool is_flag = word.starts_with("--");
      lines += Format("complete -c sluice -n '{}' {} {}\n", condition, is_flag ? "-l" : "-a",
                      is_flag ? word.substr(2) : word);
    }
  }
  return lines;
}

}  // namespace

Result<std::string> CompletionScript(std::string_view shell,
                                     const std::vector<CommandWords>& commands) {
  if (shell == "bash") return BashFunction(commands);
  if (shell == "zsh") {
    return "autoload -U +X bashcompinit && bashcompinit\n" + BashFunction(commands);
  }
  if (shell == "fish") return FishLines(commands);
  return InvalidArgument("no completion for the shell '{}': there is bash, zsh and fish", shell);
}

}  // namespace sluice::cli

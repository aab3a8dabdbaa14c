#include "cli/completion.h"

#include "base/format.h"

namespace sluice::cli {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Walks over the words typed so far: each that goes on a known command's path is part of it, and
/// flags, their values and arguments are passed over.
std::string BashFunction(const std::vector<CommandWords>& commands) {
  std::string known = "|";
  std::string cases;
  for (const CommandWords& command : commands) {
    known += command.path + "|";
    cases += Format("    \"{}\") words=\"{}\" ;;\n", command.path, Joined(command.words));
  }
  return "_sluice() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" words=\"\" i next\n"
         "  local known=\"" +
         known +
         "\"\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    next=\"${path:+$path }${COMP_WORDS[i]}\"\n"
         "    case \"$known\" in *\"|$next|\"*) path=\"$next\" ;; esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  case \"$current\" in -*) ;; *) COMPREPLY+=($(compgen -f -- \"$current\")) ;; esac\n"
         "}\n"
         "complete -o filenames -F _sluice sluice\n";
}

/// The same walk in a function that says whether a path was reached.
std::string FishLines(const std::vector<CommandWords>& commands) {
  std::string known;
  std::string lines;
  for (const CommandWords& command : commands) {
    if (!command.path.empty()) known += Format(" '{}'", command.path);
    for (const std::string& word : command.words) {
      const bool is_flag = word.starts_with("--");
      lines += Format("complete -c sluice -n '__sluice_at \"{}\"' {} {}\n", command.path,
                      is_flag ? "-l" : "-a", is_flag ? word.substr(2) : word);
    }
  }
  return "function __sluice_at\n"
         "  set -l known" +
         known +
         "\n"
         "  set -l path ''\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    set -l next (string trim -- \"$path $word\")\n"
         "    contains -- $next $known; and set path $next\n"
         "  end\n"
         "  test \"$path\" = \"$argv[1]\"\n"
         "end\n" +
         lines;
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

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::cli {

/// The words that may follow a command, as a shell's completion needs them.
struct CommandWords {
  std::string path;  ///< "config check"; "" is the program itself.
  std::vector<std::string> words;
};

/// A completion script for "bash", "zsh" or "fish", to be sourced. Where a word does not begin with
/// a dash, files are offered too. Errors: kInvalidArgument for another shell.
Result<std::string> CompletionScript(std::string_view shell,
                                     const std::vector<CommandWords>& commands);

}  // namespace sluice::cli

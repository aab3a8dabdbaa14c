#pragma once

#include <string>
#include <vector>

#include "cli/operations.h"
#include "cli/terminal.h"

namespace sluice::cli {

/// Runs `arguments` (without the program's name) and returns the exit code. An error is one line on
/// `err`, "sluice: MESSAGE", and one that says what to do next.
int RunCommandLine(const std::vector<std::string>& arguments, const Operations& operations,
                   const Terminal& terminal);

}  // namespace sluice::cli

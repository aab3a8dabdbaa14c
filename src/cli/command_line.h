#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "cli/operations.h"

namespace sluice::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsageError = 2;

/// Where a command line comes from and where its words go.
struct Terminal {
  std::map<std::string, std::string> environment;  ///< The SLUICE_ variables.
  std::ostream& out;
  std::ostream& err;
};

/// Runs `arguments` (without the program's name) and returns the exit code. An error is one line on
/// `err`, "sluice: MESSAGE", and one that says what to do next.
int RunCommandLine(const std::vector<std::string>& arguments, const Operations& operations,
                   const Terminal& terminal);

}  // namespace sluice::cli

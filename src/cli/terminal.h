#pragma once

#include <functional>
#include <map>
#include <ostream>
#include <string>

namespace sluice::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsageError = 2;
inline constexpr int kDifference = 3;  ///< Of `sluice apply --plan`: something would change.

/// Where a command line comes from and where its words go.
struct Terminal {
  std::map<std::string, std::string> environment;  ///< The SLUICE_ variables.
  std::ostream& out;
  std::ostream& err;
  /// Asks a person, who may answer yes; empty if there is none to ask.
  std::function<bool(const std::string& question)> confirm = {};
};

}  // namespace sluice::cli

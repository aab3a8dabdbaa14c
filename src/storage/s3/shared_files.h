#pragma once

// The files that Amazon's programs share: ~/.aws/credentials and ~/.aws/config.
//
//   [profile dev]                 in config; [dev] in credentials, [default] in both
//   region = eu-west-1
//   s3 =
//     max_queue_size = 1000       further in than its key: belongs to that, and is passed over
//   # a comment, as after ';'; behind a value too if a space is in front
//
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::storage::s3 {

constexpr std::size_t kMaxIniBytes = 1 << 20;

struct IniSection {
  std::string name;                                         ///< What stands between the brackets.
  std::vector<std::pair<std::string, std::string>> values;  ///< Keys in lower case.
};

/// Errors: kMalformed with the number of the line and nothing of its text, which may be a secret;
/// kTooLarge.
Result<std::vector<IniSection>> ParseIni(std::string_view text);

/// One profile: what both files say of it; what credentials says counts more.
using Profile = std::map<std::string, std::string, std::less<>>;

/// The value of that name, or empty.
std::string ValueOf(const Profile& profile, std::string_view name);

/// All profiles of the two files.
class SharedFiles {
 public:
  /// Reads AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, or those in $HOME/.aws. One that is not
  /// there is an empty one. Errors: those of ReadSmallFile and ParseIni; the detail has the path.
  static Result<SharedFiles> Load(
      const std::function<std::string(const std::string&)>& environment);

  /// nullptr if neither file has it.
  const Profile* Find(std::string_view name) const;

 private:
  std::map<std::string, Profile, std::less<>> profiles_;
};

/// The profile that counts if nothing else is said: AWS_PROFILE, else "default".
std::string DefaultProfileName(const std::function<std::string(const std::string&)>& environment);

}  // namespace sluice::storage::s3

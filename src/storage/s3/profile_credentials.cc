#include <charconv>
#include <string>
#include <utility>

#include "storage/s3/credential_chain.h"
#include "storage/s3/shared_files.h"
#include "storage/small_file.h"

namespace sluice::storage::s3 {
namespace {

constexpr int kMaxSourceProfiles = 5;  // a role by a role by ...

/// One search; `files` and `terms` outlive it.
struct Search {
  const ChainTerms& terms;
  const SharedFiles& files;
};

Error BadProfile(std::string_view name, std::string_view why) {
  return NoCredentials(Format("profile '{}' {}", name, why));
}

Result<Found> KeysOf(const Profile& profile, std::string_view name) {
  return FoundKey(ValueOf(profile, "aws_access_key_id"), ValueOf(profile, "aws_secret_access_key"),
                  ValueOf(profile, "aws_session_token"), Format("profile '{}'", name));
}

Result<RoleTerms> RoleOf(const Profile& profile, std::string_view name) {
  RoleTerms role{.role_arn = ValueOf(profile, "role_arn"),
                 .external_id = ValueOf(profile, "external_id")};
  const std::string session = ValueOf(profile, "role_session_name");
  if (!session.empty()) role.session_name = session;
  const std::string duration = ValueOf(profile, "duration_seconds");
  if (duration.empty()) return role;
  int seconds = 0;
  const char* const end = duration.data() + duration.size();
  const auto [stop, failure] = std::from_chars(duration.data(), end, seconds);
  if (failure != std::errc() || stop != end || seconds <= 0) {
    return BadProfile(name, "has a duration_seconds that is none");
  }
  role.duration = std::chrono::seconds(seconds);
  return role;
}

/// `credential_source` of a profile.
Result<Found> FindBySource(const Search& search, std::string_view source, std::string_view name) {
  const Surroundings& surroundings = search.terms.surroundings;
  if (source == "Environment") return FindEnvironmentCredentials(surroundings);
  if (source == "EcsContainer") return FindContainerCredentials(surroundings);
  if (source == "Ec2InstanceMetadata") return FindInstanceCredentials(surroundings);
  return BadProfile(name, "has a credential_source that is unknown");
}

Result<Found> FindProfile(const Search& search, std::string_view name, int depth);

/// Who assumes the role of a profile.
Result<Found> FindCallerOfRole(const Search& search, const Profile& profile, std::string_view name,
                               int depth) {
  const std::string source_profile = ValueOf(profile, "source_profile");
  const std::string source = ValueOf(profile, "credential_source");
  if (source_profile.empty() == source.empty()) {
    return BadProfile(name, "needs one of source_profile and credential_source for its role");
  }
  if (!source.empty()) return FindBySource(search, source, name);
  if (source_profile == name) return KeysOf(profile, name);
  if (search.files.Find(source_profile) == nullptr) {
    return BadProfile(name,
                      Format("names a source_profile '{}' that is not there", source_profile));
  }
  return FindProfile(search, source_profile, depth + 1);
}

Result<Found> FindByRole(const Search& search, const Profile& profile, std::string_view name,
                         int depth) {
  const RoleTerms role = TRY(RoleOf(profile, name));
  const TokenService& tokens = *search.terms.tokens;
  const std::string token_file = ValueOf(profile, "web_identity_token_file");
  if (!token_file.empty()) {
    const auto token = ReadSecretFile(token_file);
    if (!token.ok()) return BadProfile(name, token.error().ToString());
    auto credentials = TRY(tokens.AssumeRoleWithWebIdentity(*token, role));
    return Found{.credentials = std::move(credentials), .why_not = {}};
  }
  const Found caller = TRY(FindCallerOfRole(search, profile, name, depth));
  if (!caller.credentials) return BadProfile(name, "has a role, and nobody to take it");
  auto credentials = TRY(tokens.AssumeRole(caller.credentials->value, role));
  return Found{.credentials = std::move(credentials), .why_not = {}};
}

Result<Found> FindProfile(const Search& search, std::string_view name, int depth) {
  if (depth > kMaxSourceProfiles) return BadProfile(name, "is at the end of too many profiles");
  const Profile* const profile = search.files.Find(name);
  if (profile == nullptr) return NotFoundBecause(Format("no profile '{}'", name));
  for (const char* key :
       {"mfa_serial", "credential_process", "sso_session", "sso_account_id", "sso_start_url"}) {
    const bool has_keys = !ValueOf(*profile, "aws_access_key_id").empty();
    if (!has_keys && !ValueOf(*profile, key).empty()) {
      return BadProfile(name,
                        Format("has {}, which is not supported: use an access key, a role_arn with "
                               "source_profile or web_identity_token_file, or the machine's "
                               "identity",
                               key));
    }
  }
  if (!ValueOf(*profile, "role_arn").empty()) return FindByRole(search, *profile, name, depth);
  Found found = TRY(KeysOf(*profile, name));
  if (!found.credentials) found.why_not = Format("profile '{}' has no credentials", name);
  return found;
}

}  // namespace

Result<Found> FindProfileCredentials(const ChainTerms& terms, std::string_view name) {
  const auto files = SharedFiles::Load(terms.surroundings.environment);
  if (!files.ok()) return NoCredentials("shared files: " + files.error().ToString());
  return FindProfile({.terms = terms, .files = *files}, name, /*depth=*/0);
}

}  // namespace sluice::storage::s3

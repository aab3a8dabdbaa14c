#include "storage/s3/credential_chain.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "storage/s3/shared_files.h"
#include "storage/small_file.h"

namespace sluice::storage::s3 {
namespace {

using config::StoreOptions;

Result<Secret> ReadTokenFile(const std::string& path) {
  auto token = ReadSecretFile(path);
  if (!token.ok()) return NoCredentials(token.error().ToString());
  return token;
}

/// An access key that the options name; its secrets are in files.
Result<Expiring<Credentials>> FromKeyOptions(const StoreOptions& options) {
  Expiring<Credentials> found{.value = {.access_key_id = options.access_key_id,
                                        .secret_access_key = {},
                                        .session_token = {}},
                              .expires_at = {}};
  found.value.secret_access_key = TRY(ReadTokenFile(options.secret_access_key_file));
  if (!options.session_token_file.empty()) {
    found.value.session_token = TRY(ReadTokenFile(options.session_token_file));
  }
  return found;
}

Result<Found> FromWebIdentity(const ChainTerms& terms) {
  const auto& environment = terms.surroundings.environment;
  const std::string path = environment("AWS_WEB_IDENTITY_TOKEN_FILE");
  RoleTerms role{.role_arn = environment("AWS_ROLE_ARN")};
  if (path.empty()) return NotFoundBecause("no AWS_WEB_IDENTITY_TOKEN_FILE");
  if (role.role_arn.empty()) {
    return NoCredentials("AWS_WEB_IDENTITY_TOKEN_FILE is set, but not AWS_ROLE_ARN");
  }
  const std::string session = environment("AWS_ROLE_SESSION_NAME");
  if (!session.empty()) role.session_name = session;
  const Secret token = TRY(ReadTokenFile(path));
  auto credentials = TRY(terms.tokens->AssumeRoleWithWebIdentity(token, role));
  return Found{.credentials = std::move(credentials), .why_not = {}};
}

Result<Expiring<Credentials>> FromNamedProfile(const ChainTerms& terms) {
  Found found = TRY(FindProfileCredentials(terms, terms.options.aws_profile));
  if (!found.credentials) return NoCredentials(found.why_not);
  return std::move(*found.credentials);
}

Result<Found> FromDefaultProfile(const ChainTerms& terms) {
  const std::string name = DefaultProfileName(terms.surroundings.environment);
  Found found = TRY(FindProfileCredentials(terms, name));
  // A profile that somebody asked for by name is not passed over.
  const bool is_asked_for = !terms.surroundings.environment("AWS_PROFILE").empty();
  if (!found.credentials && is_asked_for) return NoCredentials("AWS_PROFILE: " + found.why_not);
  return found;
}

struct Source {
  std::string_view name;
  Result<Found> (*find)(const ChainTerms&);
};

constexpr Source kSources[] = {
    {"environment",
     [](const ChainTerms& terms) { return FindEnvironmentCredentials(terms.surroundings); }},
    {"web identity", FromWebIdentity},
    {"shared files", FromDefaultProfile},
    {"container",
     [](const ChainTerms& terms) { return FindContainerCredentials(terms.surroundings); }},
    {"instance",
     [](const ChainTerms& terms) { return FindInstanceCredentials(terms.surroundings); }},
};

struct Option {
  std::string_view name;
  std::string StoreOptions::*field;
};

// What S3 cannot use: a store that has one was meant for another cloud.
constexpr Option kOtherClouds[] = {
    {"account", &StoreOptions::account},
    {"account_key_file", &StoreOptions::account_key_file},
    {"sas_token_file", &StoreOptions::sas_token_file},
    {"tenant_id", &StoreOptions::tenant_id},
    {"client_id", &StoreOptions::client_id},
    {"client_secret_file", &StoreOptions::client_secret_file},
    {"federated_token_file", &StoreOptions::federated_token_file},
    {"service_account_file", &StoreOptions::service_account_file},
};

// Each names a source of credentials by itself.
constexpr Option kSourceOptions[] = {
    {"access_key_id", &StoreOptions::access_key_id},
    {"aws_profile", &StoreOptions::aws_profile},
    {"web_identity_token_file", &StoreOptions::web_identity_token_file},
};

// (one, the other that it needs)
constexpr std::pair<Option, Option> kNeeds[] = {
    {{"access_key_id", &StoreOptions::access_key_id},
     {"secret_access_key_file", &StoreOptions::secret_access_key_file}},
    {{"secret_access_key_file", &StoreOptions::secret_access_key_file},
     {"access_key_id", &StoreOptions::access_key_id}},
    {{"session_token_file", &StoreOptions::session_token_file},
     {"access_key_id", &StoreOptions::access_key_id}},
    {{"external_id", &StoreOptions::external_id}, {"role_arn", &StoreOptions::role_arn}},
    {{"web_identity_token_file", &StoreOptions::web_identity_token_file},
     {"role_arn", &StoreOptions::role_arn}},
};

constexpr Option kFiles[] = {
    {"secret_access_key_file", &StoreOptions::secret_access_key_file},
    {"session_token_file", &StoreOptions::session_token_file},
    {"web_identity_token_file", &StoreOptions::web_identity_token_file},
};

}  // namespace

Result<Found> FindEnvironmentCredentials(const Surroundings& surroundings) {
  const auto& environment = surroundings.environment;
  Found found = TRY(FoundKey(environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                             environment("AWS_SESSION_TOKEN"), "environment"));
  if (!found.credentials) found.why_not = "no AWS_ACCESS_KEY_ID";
  return found;
}

Result<Expiring<Credentials>> FindCallerCredentials(const ChainTerms& terms) {
  const StoreOptions& options = terms.options;
  if (!options.access_key_id.empty()) return FromKeyOptions(options);
  if (!options.aws_profile.empty()) return FromNamedProfile(terms);
  if (!options.web_identity_token_file.empty()) {
    const Secret token = TRY(ReadTokenFile(options.web_identity_token_file));
    return terms.tokens->AssumeRoleWithWebIdentity(token, {.role_arn = options.role_arn});
  }
  std::string tried;
  for (const Source& source : kSources) {
    Found found = TRY(source.find(terms));
    if (found.credentials) return std::move(*found.credentials);
    tried += Format("{}{}: {}", tried.empty() ? "" : "; ", source.name, found.why_not);
  }
  return NoCredentials(std::move(tried));
}

Result<Expiring<Credentials>> FindCredentials(const ChainTerms& terms) {
  auto caller = TRY(FindCallerCredentials(terms));
  const StoreOptions& options = terms.options;
  if (options.role_arn.empty() || !options.web_identity_token_file.empty()) return caller;
  return terms.tokens->AssumeRole(
      caller.value, {.role_arn = options.role_arn, .external_id = options.external_id});
}

Result<void> CheckCredentialOptions(const StoreOptions& options) {
  for (const Option& option : kOtherClouds) {
    if (!(options.*option.field).empty()) {
      return InvalidArgument("{} is not of a store that speaks S3", option.name);
    }
  }
  std::string_view source = options.anonymous ? "anonymous" : "";
  for (const Option& option : kSourceOptions) {
    if ((options.*option.field).empty()) continue;
    if (!source.empty()) {
      return InvalidArgument("{} and {} contradict each other", source, option.name);
    }
    source = option.name;
  }
  if (options.anonymous && !options.role_arn.empty()) {
    return InvalidArgument("anonymous and role_arn contradict each other");
  }
  if (options.anonymous && !options.dir_role_arn.empty()) {
    return InvalidArgument("anonymous and dir_role_arn contradict each other");
  }
  for (const auto& [one, other] : kNeeds) {
    if (!(options.*one.field).empty() && (options.*other.field).empty()) {
      return InvalidArgument("{} needs {}", one.name, other.name);
    }
  }
  for (const Option& option : kFiles) {
    const std::string& path = options.*option.field;
    if (!path.empty() && access(path.c_str(), R_OK) != 0) {
      return WithDetail(InvalidArgument("{} names a file that cannot be read", option.name), path);
    }
  }
  return {};
}

}  // namespace sluice::storage::s3

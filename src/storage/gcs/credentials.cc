#include "storage/gcs/credentials.h"

#include <chrono>
#include <optional>
#include <utility>

namespace sluice::storage::gcs {
namespace {

constexpr std::string_view kMetadataHost = "169.254.169.254";
constexpr char kFileVariable[] = "GOOGLE_APPLICATION_CREDENTIALS";

/// How long a file counts: CredentialCache reads it again kRefreshBefore its end.
constexpr std::chrono::minutes kReadFileEvery{10};
constexpr std::chrono::hours kAskEmailEvery{1};

Account AccountOf(CredentialFile file) {
  return std::visit(
      [](auto&& account) -> Account { return std::forward<decltype(account)>(account); },
      std::move(file));
}

/// Where `gcloud auth application-default login` writes; empty if nobody's home is known.
std::string WellKnownFile(const CredentialSources& sources) {
  std::string folder = sources.environment("CLOUDSDK_CONFIG");
  if (folder.empty()) {
    const std::string home = sources.environment("HOME");
    if (home.empty()) return {};
    folder = Format("{}/.config/gcloud", home);
  }
  return Format("{}/application_default_credentials.json", folder);
}

/// Notes what was looked at in vain.
void Note(std::string_view source, std::string_view why_not, FoundAccount& found) {
  found.looked_at += Format("{}: {}; ", source, why_not);
}

/// The account of a file that the owner or the environment names, if one does.
Result<std::optional<Account>> FindNamedFile(const CredentialSources& sources,
                                             FoundAccount& found) {
  const std::pair<std::string, std::string> names[] = {
      {"service_account_file", sources.service_account_file},
      {kFileVariable, sources.environment(kFileVariable)}};
  for (const auto& [source, path] : names) {
    if (path.empty()) {
      Note(source, "not set", found);
      continue;
    }
    CredentialFile file = TRY(ReadCredentialFile(path));
    if (!sources.is_emulator || std::holds_alternative<ServiceAccount>(file)) {
      return std::optional<Account>(AccountOf(std::move(file)));
    }
  }
  return std::optional<Account>();
}

}  // namespace

Result<FoundAccount> FindAccount(const CredentialSources& sources) {
  FoundAccount found;
  if (sources.anonymous) return found;
  std::optional<Account> named = TRY(FindNamedFile(sources, found));
  if (named) {
    found.account = std::move(*named);
    return found;
  }
  if (sources.is_emulator) return found;
  const std::string well_known = WellKnownFile(sources);
  Result<CredentialFile> file =
      well_known.empty() ? NotFound("HOME is not set") : ReadCredentialFile(well_known);
  if (file.ok()) {
    found.account = AccountOf(std::move(file).value());
    return found;
  }
  if (file.error().code != ErrorCode::kNotFound) return std::move(file).error();
  Note(well_known.empty() ? "HOME" : well_known, "not there", found);
  const std::string host = sources.environment("GCE_METADATA_HOST");
  found.account = MachineAccount{host.empty() ? std::string(kMetadataHost) : host};
  return found;
}

Credentials::Credentials(CredentialSources sources, std::shared_ptr<Requests> requests,
                         const Clock& clock)
    : sources_(std::move(sources)),
      requests_(std::move(requests)),
      clock_(clock),
      account_(
          [this]() -> Result<Expiring<FoundAccount>> {
            Result<FoundAccount> found = FindAccount(sources_);
            if (!found.ok()) return NoCredentials(found.error().ToString());
            return Expiring<FoundAccount>{.value = std::move(found).value(),
                                          .expires_at = clock_.Now() + kReadFileEvery};
          },
          clock),
      token_([this] { return FetchOwnToken(kStorageScope); }, clock),
      platform_token_([this] { return FetchOwnToken(kPlatformScope); }, clock),
      machine_email_(
          [this]() -> Result<Expiring<std::string>> {
            const AccountPointer found = TRY(Find());
            const auto* machine = std::get_if<MachineAccount>(&found->value.account);
            if (machine == nullptr) return NoCredentials("the account is not the machine's");
            return Expiring<std::string>{
                .value = TRY(FetchEmail(*machine, {.requests = *requests_, .clock = clock_})),
                .expires_at = clock_.Now() + kAskEmailEvery};
          },
          clock) {}

Result<Credentials::AccountPointer> Credentials::Find() { return account_.Get(); }

Result<AccessToken> Credentials::FetchOwnToken(std::string_view scope) {
  const AccountPointer pointer = TRY(Find());
  const FoundAccount& found = pointer->value;
  const IdentityContext context = {.requests = *requests_, .clock = clock_};
  Result<AccessToken> token = NoCredentials("the store is public");
  if (const auto* account = std::get_if<ServiceAccount>(&found.account)) {
    token = FetchToken(*account, scope, context);
  } else if (const auto* user = std::get_if<AuthorizedUser>(&found.account)) {
    token = FetchToken(*user, context);
  } else if (const auto* machine = std::get_if<MachineAccount>(&found.account)) {
    token = FetchToken(*machine, context);
  }
  if (!token.ok()) return NoCredentials(found.looked_at + token.error().detail);
  return token;
}

Result<Secret> Credentials::Authorization() {
  if (sources_.anonymous || sources_.is_emulator) return Secret();
  const auto token = TRY(token_.Get());
  return Secret(Format("Bearer {}", token->value.Reveal()));
}

bool Credentials::DropToken() {
  if (sources_.anonymous || sources_.is_emulator) return false;
  const auto token = token_.Get();
  return token.ok() && token_.Drop(*token);
}

Result<AccessToken> Credentials::PlatformToken() {
  const auto token = TRY(platform_token_.Get());
  return AccessToken{*token};
}

Result<std::string> Credentials::MachineEmail() {
  const auto kept = TRY(machine_email_.Get());
  return kept->value;
}

}  // namespace sluice::storage::gcs

#include "storage/azure/settings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "http/client_target.h"
#include "storage/azure/connection_string.h"
#include "storage/small_file.h"

namespace sluice::storage::azure {
namespace {

using config::StoreOptions;

constexpr char kMetadataService[] = "http://169.254.169.254";

struct TextOption {
  std::string_view name;
  std::string StoreOptions::*field;
};

// Those of other clouds.
constexpr TextOption kForeignOptions[] = {
    {"region", &StoreOptions::region},
    {"aws_profile", &StoreOptions::aws_profile},
    {"access_key_id", &StoreOptions::access_key_id},
    {"secret_access_key_file", &StoreOptions::secret_access_key_file},
    {"session_token_file", &StoreOptions::session_token_file},
    {"role_arn", &StoreOptions::role_arn},
    {"external_id", &StoreOptions::external_id},
    {"web_identity_token_file", &StoreOptions::web_identity_token_file},
    {"service_account_file", &StoreOptions::service_account_file},
    {"kms_key_id", &StoreOptions::kms_key_id},
    {"customer_key_file", &StoreOptions::customer_key_file}};

// Those of which one is a credential, alone or with others.
constexpr TextOption kCredentialFiles[] = {
    {"account_key_file", &StoreOptions::account_key_file},
    {"sas_token_file", &StoreOptions::sas_token_file},
    {"client_secret_file", &StoreOptions::client_secret_file},
    {"federated_token_file", &StoreOptions::federated_token_file}};

Result<void> CheckFile(std::string_view option, const std::string& path) {
  const auto text = ReadSecretFile(path);
  if (text.ok()) return {};
  return WithDetail(InvalidArgument("the file that {} names cannot be read", option),
                    text.error().ToString());
}

Result<void> CheckOptions(const StoreOptions& options) {
  for (const TextOption& foreign : kForeignOptions) {
    if ((options.*foreign.field).empty()) continue;
    return InvalidArgument("{} is no option of a store of Azure", foreign.name);
  }
  if (options.requester_pays) {
    return InvalidArgument("requester_pays is no option of a store of Azure");
  }
  std::vector<std::string_view> chosen;
  if (options.anonymous) chosen.emplace_back("anonymous");
  for (const TextOption& file : kCredentialFiles) {
    if ((options.*file.field).empty()) continue;
    TRY(CheckFile(file.name, options.*file.field));
    chosen.push_back(file.name);
  }
  if (chosen.size() > 1) {
    return InvalidArgument("{} and {} contradict each other", chosen[0], chosen[1]);
  }
  const bool is_application =
      !options.client_secret_file.empty() || !options.federated_token_file.empty();
  if (!options.tenant_id.empty() && !is_application) {
    return InvalidArgument("tenant_id needs client_secret_file or federated_token_file");
  }
  if (!options.client_id.empty() && !chosen.empty() && !is_application) {
    return InvalidArgument("client_id and {} contradict each other", chosen[0]);
  }
  return {};
}

std::string FirstOf(std::string first, std::string second) {
  return first.empty() ? std::move(second) : std::move(first);
}

/// The account in a URL: in its path if there is one, else in front of its host.
std::string AccountOf(const Endpoint& endpoint) {
  const std::string_view url = endpoint.url;
  const std::size_t slash = url.find('/', url.find("://") + 3);
  if (slash != std::string_view::npos) return std::string(url.substr(url.rfind('/') + 1));
  return endpoint.host.substr(0, endpoint.host.find('.'));
}

bool IsThisMachine(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

Result<std::string> ServiceUrl(std::string_view variable, const std::string& url) {
  const auto target = http::ParseClientUrl(url);
  if (!target.ok() || target->target.find('?') != std::string::npos) {
    return InvalidArgument("{} is no http or https URL", variable);
  }
  std::string path = target->target;
  while (path.ends_with('/')) path.pop_back();
  return target->origin + path;
}

/// Looks in one place after the other until the credential is found.
class Resolver {
 public:
  Resolver(const StoreOptions& options, const Environment& environment, ContainerName name)
      : options_(options), environment_(environment), name_(std::move(name)) {
    settings_.container = name_.container;
    settings_.account = FirstOf(name_.account, options.account);
  }

  Result<AzureSettings> Resolve() {
    TRY(FindCredential());
    if (settings_.account.empty()) settings_.account = AccountVariable();
    if (!IsAccountName(settings_.account)) {
      return WithDetail(
          InvalidArgument("nothing names the storage account: neither the location, nor the "
                          "store's account, nor AZURE_STORAGE_ACCOUNT"),
          Format("container {}, account \"{}\"", settings_.container, settings_.account));
    }
    TRY(FindEndpoints());
    return std::move(settings_);
  }

 private:
  Result<void> FindCredential() {
    if (TRY(FromOptions())) return {};
    if (TRY(FromConnectionString())) return {};
    if (TRY(FromAccountKey())) return {};
    if (TRY(FromSasToken())) return {};
    if (TRY(FromApplication())) return {};
    TRY(FromMachine());
    return {};
  }

  Result<bool> FromOptions() {
    if (options_.anonymous) {
      Found("anonymous", AnonymousAccess{});
      return true;
    }
    if (!options_.account_key_file.empty()) {
      TRY(CheckOptionsAccount("account_key_file"));
      const Secret key = TRY(ReadSecretFile(options_.account_key_file));
      TRY(FoundKey("account_key_file", FirstOf(settings_.account, AccountVariable()), key));
      return true;
    }
    if (!options_.sas_token_file.empty()) {
      TRY(CheckOptionsAccount("sas_token_file"));
      Found("sas_token_file", SasToken{.file = options_.sas_token_file});
      return true;
    }
    if (!options_.client_secret_file.empty() || !options_.federated_token_file.empty()) {
      const std::string_view option =
          options_.client_secret_file.empty() ? "federated_token_file" : "client_secret_file";
      TRY(FoundApplication(option, {.secret_file = options_.client_secret_file,
                                    .federated_token_file = options_.federated_token_file}));
      return true;
    }
    if (options_.client_id.empty()) return false;
    TRY(FromMachine());
    return true;
  }

  Result<bool> FromConnectionString() {
    constexpr char kVariable[] = "AZURE_STORAGE_CONNECTION_STRING";
    const std::string text = environment_(kVariable);
    if (text.empty()) return NotSet(kVariable);
    const auto parsed = ParseConnectionString(text);
    if (!parsed.ok()) return InvalidArgument("{}: {}", kVariable, parsed.error().message);
    const auto endpoint = ParseEndpoint(parsed->blob_endpoint, parsed->account);
    if (!endpoint.ok()) return InvalidArgument("{}: {}", kVariable, endpoint.error().message);
    const std::string account = FirstOf(parsed->account, AccountOf(*endpoint));
    if (!IsOfThisAccount(kVariable, account)) return false;
    settings_.endpoint = *endpoint;
    if (parsed->account_key.empty()) {
      settings_.account = account;
      Found(kVariable, SasToken{.text = parsed->sas});
    } else {
      TRY(FoundKey(kVariable, account, parsed->account_key));
    }
    return true;
  }

  Result<bool> FromAccountKey() {
    for (const char* variable : {"AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"}) {
      const std::string key = environment_(variable);
      if (key.empty()) {
        NotSet(variable);
        continue;
      }
      const std::string account = FirstOf(AccountVariable(), settings_.account);
      if (account.empty()) return InvalidArgument("{} needs AZURE_STORAGE_ACCOUNT", variable);
      if (!IsOfThisAccount(variable, account)) continue;
      TRY(FoundKey(variable, account, Secret(key)));
      return true;
    }
    return false;
  }

  Result<bool> FromSasToken() {
    constexpr char kVariable[] = "AZURE_STORAGE_SAS_TOKEN";
    const std::string text = environment_(kVariable);
    if (text.empty()) return NotSet(kVariable);
    const std::string account = FirstOf(AccountVariable(), settings_.account);
    if (account.empty()) return InvalidArgument("{} needs AZURE_STORAGE_ACCOUNT", kVariable);
    if (!IsOfThisAccount(kVariable, account)) return false;
    settings_.account = account;
    Found(kVariable, SasToken{.text = Secret(text)});
    return true;
  }

  Result<bool> FromApplication() {
    const std::string secret = environment_("AZURE_CLIENT_SECRET");
    if (!secret.empty()) {
      TRY(FoundApplication("AZURE_CLIENT_SECRET", {.secret = Secret(secret)}));
      return true;
    }
    NotSet("AZURE_CLIENT_SECRET");
    const std::string file = environment_("AZURE_FEDERATED_TOKEN_FILE");
    if (file.empty()) return NotSet("AZURE_FEDERATED_TOKEN_FILE");
    TRY(CheckFile("AZURE_FEDERATED_TOKEN_FILE", file));
    TRY(FoundApplication("AZURE_FEDERATED_TOKEN_FILE", {.federated_token_file = file}));
    return true;
  }

  Result<void> FromMachine() {
    constexpr char kVariable[] = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
    std::string endpoint = environment_(kVariable);
    endpoint = TRY(ServiceUrl(kVariable, FirstOf(std::move(endpoint), kMetadataService)));
    Found(
        "managed identity",
        ManagedIdentity{.endpoint = std::move(endpoint),
                        .client_id = FirstOf(options_.client_id, environment_("AZURE_CLIENT_ID"))});
    return {};
  }

  Result<void> FoundApplication(std::string_view source, EntraApplication application) {
    application.tenant_id = FirstOf(options_.tenant_id, environment_("AZURE_TENANT_ID"));
    application.client_id = FirstOf(options_.client_id, environment_("AZURE_CLIENT_ID"));
    if (application.tenant_id.empty() || application.client_id.empty()) {
      const bool is_option = !source.starts_with("AZURE_");
      return InvalidArgument("{} needs {} and {}", source,
                             is_option ? "tenant_id" : "AZURE_TENANT_ID",
                             is_option ? "client_id" : "AZURE_CLIENT_ID");
    }
    constexpr char kVariable[] = "AZURE_AUTHORITY_HOST";
    const std::string authority = FirstOf(environment_(kVariable), AuthorityOf(name_.suffix));
    application.authority = TRY(ServiceUrl(kVariable, authority));
    const auto target = http::ParseClientUrl(authority);
    if (!target->is_tls && !IsThisMachine(target->host)) {
      return InvalidArgument("{} must be an https URL", kVariable);
    }
    Found(source, std::move(application));
    return {};
  }

  Result<void> FoundKey(std::string_view source, const std::string& account, const Secret& key) {
    if (account.empty()) return InvalidArgument("{} needs an account", source);
    settings_.account = account;
    Found(source, TRY(SharedKey::New(account, key)));
    return {};
  }

  void Found(std::string_view source, Credential credential) {
    settings_.credential = std::move(credential);
    settings_.credential_source =
        looked_at_.empty() ? std::string(source) : Format("{}; before it {}", source, looked_at_);
  }

  bool NotSet(std::string_view source) {
    looked_at_ += Format("{}{} is not set", looked_at_.empty() ? "" : ", ", source);
    return false;
  }

  /// Whether a credential of `account` is one for the container.
  bool IsOfThisAccount(std::string_view source, const std::string& account) {
    if (settings_.account.empty() || settings_.account == account) return true;
    looked_at_ += Format("{}{} is of another account", looked_at_.empty() ? "" : ", ", source);
    return false;
  }

  Result<void> CheckOptionsAccount(std::string_view option) const {
    const bool is_other =
        !name_.account.empty() && !options_.account.empty() && name_.account != options_.account;
    if (!is_other) return {};
    return InvalidArgument("{} is of account {}, the location is in {}", option, options_.account,
                           name_.account);
  }

  std::string AccountVariable() const {
    return FirstOf(environment_("AZURE_STORAGE_ACCOUNT"),
                   environment_("AZURE_STORAGE_ACCOUNT_NAME"));
  }

  Result<void> FindEndpoints() {
    if (!options_.endpoint.empty()) {
      settings_.endpoint = TRY(ParseEndpoint(options_.endpoint, settings_.account));
    } else if (settings_.endpoint.url.empty()) {
      name_.account = settings_.account;
      const std::string url = TRY(BlobEndpoint(name_));
      settings_.endpoint = TRY(ParseEndpoint(url, settings_.account));
    }
    settings_.public_endpoint = settings_.endpoint;
    if (!options_.public_endpoint.empty()) {
      settings_.public_endpoint = TRY(ParseEndpoint(options_.public_endpoint, settings_.account));
    }
    return {};
  }

  const StoreOptions& options_;
  const Environment& environment_;
  ContainerName name_;
  AzureSettings settings_;
  std::string looked_at_;
};

}  // namespace

Result<AzureSettings> ResolveSettings(const StoreOptions& options, const std::string& bucket,
                                      const Environment& environment) {
  TRY(CheckOptions(options));
  ContainerName name = TRY(ParseContainerName(bucket));
  return Resolver(options, environment, std::move(name)).Resolve();
}

}  // namespace sluice::storage::azure

#include "storage/azure/option_checks.h"

#include <vector>

#include "storage/small_file.h"

namespace sluice::storage::azure {
namespace {

using config::StoreOptions;

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
    {"dir_role_arn", &StoreOptions::dir_role_arn},
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

}  // namespace

Result<void> CheckSecretFile(std::string_view option, const std::string& path) {
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
    TRY(CheckSecretFile(file.name, options.*file.field));
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

}  // namespace sluice::storage::azure

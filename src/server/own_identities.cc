#include "server/own_identities.h"

#include <utility>

#include "auth/authenticator.h"
#include "server/catalog_source.h"

namespace sluice::server {

Result<OwnIdentities> ReadOwnIdentities(const config::ConfigurationSources& sources,
                                        const config::Configuration& configuration,
                                        catalog::DataDirectory& data, const std::string& endpoint) {
  OwnIdentities own{
      .recipient = {.id = std::string(kOwnRecipient), .name = std::string(kOwnRecipient)},
      .owner = {.id = "owner", .name = "owner", .role = catalog::Role::kAdmin}};
  catalog::ManagedRecipient& recipient = own.recipient;
  if (configuration.shares && configuration.shares->bearer_token) {
    recipient.tokens.push_back(auth::Know(*configuration.shares->bearer_token, "bearerToken"));
  } else if (sources.file.empty()) {
    const auto profile = TRY(data.ProfileFor(recipient.name, endpoint));
    own.profile_path = profile.path;
    own.is_endpoint_rewritten =
        profile.change == catalog::StoredProfile::Change::kEndpointRewritten;
    recipient.tokens.push_back(auth::Know(profile.token, "me.share"));
  } else {
    own.is_anonymous = true;
    recipient.id = recipient.name = auth::kAnonymous;
  }
  const Secret owner_token = TRY(data.AdminToken());
  own.owner.tokens.push_back(auth::Know(owner_token, "admin.token"));
  return own;
}

}  // namespace sluice::server

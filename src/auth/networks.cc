#include "auth/networks.h"

#include "catalog/model.h"

namespace sluice::auth {

Result<AllowedNetworks> AllowedNetworks::Parse(const std::vector<std::string>& networks) {
  if (networks.size() > catalog::kMaxNetworks) {
    return InvalidArgument("{} networks are too many, {} are allowed", networks.size(),
                           catalog::kMaxNetworks);
  }
  AllowedNetworks allowed;
  allowed.anywhere_ = networks.empty();
  allowed.networks_ = TRY(http::Networks::Parse(networks));
  return allowed;
}

bool AllowedNetworks::Allow(std::string_view peer_address) const {
  if (anywhere_) return true;
  const auto address = http::ParseIpAddress(peer_address);
  return address && networks_.Contains(*address);
}

}  // namespace sluice::auth

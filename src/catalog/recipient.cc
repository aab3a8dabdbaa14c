#include "catalog/recipient.h"

#include <algorithm>
#include <utility>

namespace sluice::catalog {

RecipientPtr MakeRecipient(ManagedRecipient record, bool reads_file_shares) {
  auto recipient = std::make_shared<Recipient>();
  std::ranges::sort(record.grants, {}, &Grant::share_id);
  auto networks = http::Networks::Parse(record.allowed_networks);
  if (networks.ok()) recipient->networks = std::move(networks).value();
  recipient->record = std::move(record);
  recipient->reads_file_shares = reads_file_shares;
  return recipient;
}

RecipientPtr BuiltInRecipient(std::string_view name) {
  return MakeRecipient({.id = std::string(name), .name = std::string(name)},
                       /*reads_file_shares=*/true);
}

}  // namespace sluice::catalog

#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "catalog/model.h"
#include "http/networks.h"

namespace sluice::catalog {

/// Who may read, and what.
struct Recipient {
  ManagedRecipient record;
  /// The recipient of a start by a folder or a file, whose shares are all its.
  bool reads_file_shares = false;
  http::Networks networks = {};  ///< `record.allowed_networks`, parsed.

  RecipientName name() const { return RecipientName(record.name); }
  bool IsGoodAt(SystemTime now) const {
    return record.enabled && (!record.expires_at || now < *record.expires_at);
  }
};
using RecipientPtr = std::shared_ptr<const Recipient>;

/// Sorts the grants and parses the networks. A network that cannot be read stays listed without
/// being any address's: it refuses rather than allows.
RecipientPtr MakeRecipient(ManagedRecipient record, bool reads_file_shares = false);
/// A recipient that no store keeps, such as "me": it reads what the folder or the file shares.
RecipientPtr BuiltInRecipient(std::string_view name);

}  // namespace sluice::catalog

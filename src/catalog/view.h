#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/indexes.h"
#include "catalog/model.h"
#include "catalog/recipient.h"
#include "catalog/share.h"
#include "config/share_config.h"
#include "protocol/names.h"

namespace sluice::catalog {

/// What owners manage besides shares and recipients.
struct OwnerSettings {
  std::vector<Principal> principals;
  std::vector<LocationRoot> roots;
  std::vector<Issuer> issuers;
  std::vector<Quota> quotas;

  /// By its name, regardless of ASCII case; null if there is none.
  const Issuer* FindIssuer(std::string_view name) const;
};

class View;

/// What one recipient sees of a View at one moment; the View must outlive it, and so must the
/// recipient's record. What is missing and what is not granted gives the same kNotFound, with the
/// name as it was asked for and nothing else, after the same work.
class RecipientView {
 public:
  /// Those of the file in its order, then managed ones by folded name.
  std::vector<const Share*> Shares() const;
  Result<const Share*> FindShare(const protocol::ShareName& name) const;
  struct FoundSchema {
    const Share* share;
    const Schema* schema;
  };
  Result<FoundSchema> FindSchema(const protocol::ShareName& share,
                                 const protocol::SchemaName& name) const;
  struct FoundTable {
    const Share* share;
    const SharedTable* table;
  };
  Result<FoundTable> FindTable(const protocol::TableRef& ref) const;

 private:
  friend class View;
  RecipientView(const View& view, const Recipient* recipient, SystemTime now)
      : view_(view), recipient_(recipient), now_(now) {}
  /// A share without tables if there is none or it is not granted.
  const Share* LookUp(const protocol::ShareName& name) const;
  bool IsGranted(const Share& share, bool is_from_file) const;

  const View& view_;
  const Recipient* recipient_;  ///< nullptr: nobody, who sees nothing.
  SystemTime now_;
};

/// The whole catalog at one moment; immutable, so that requests share it without a lock. Names are
/// found regardless of ASCII case.
class View {
 public:
  struct Parts {
    std::vector<SharePtr> file_shares;     ///< In the order of the file, no name twice.
    std::vector<SharePtr> managed_shares;  ///< In any order.
    std::vector<RecipientPtr> recipients;
    std::shared_ptr<const OwnerSettings> settings;  ///< May be null.
  };
  /// A managed share of a name that the file has too is left out, and named in hidden_shares().
  static std::shared_ptr<const View> Of(Parts parts);
  /// The same, made already; views share what did not change between them.
  struct Indexes {
    std::shared_ptr<const ShareIndex> shares;
    std::shared_ptr<const RecipientIndex> recipients;
    std::shared_ptr<const OwnerSettings> settings;
  };
  static std::shared_ptr<const View> OfIndexes(Indexes indexes);
  /// The shares of a file. Errors: those of Share::Make; kInvalidArgument for a name given twice.
  static Result<std::vector<SharePtr>> MakeShares(
      std::span<const config::ConfiguredShare> configured);

  /// Those of the file first, then the managed ones by folded name.
  const std::vector<SharePtr>& shares() const { return shares_->all(); }
  std::size_t file_share_count() const { return shares_->file_share_count(); }
  std::size_t table_count() const { return shares_->table_count(); }
  const std::vector<std::string>& hidden_shares() const { return shares_->hidden(); }
  const std::vector<RecipientPtr>& recipients() const { return recipients_->all(); }
  const OwnerSettings& settings() const { return *settings_; }

  // Null if there is none.
  SharePtr FindShare(const protocol::ShareName& name) const;
  SharePtr FindShareById(std::string_view id) const;
  RecipientPtr FindRecipient(std::string_view name) const;
  RecipientPtr FindRecipientById(std::string_view id) const;

  /// Whose token this is; null if nobody's. Whether it is still good is for the caller to ask.
  struct TokenHolder {
    RecipientPtr recipient;
    const TokenRecord* token = nullptr;
  };
  TokenHolder FindToken(const crypto::Sha256Digest& sha256) const;
  struct PrincipalToken {
    const Principal* principal = nullptr;
    const TokenRecord* token = nullptr;
  };
  PrincipalToken FindPrincipalToken(const crypto::Sha256Digest& sha256) const;

  /// Nobody's view, which is empty, for an unknown, disabled or expired recipient.
  RecipientView SeenBy(std::string_view recipient, SystemTime now) const;

 private:
  friend class RecipientView;
  explicit View(Indexes indexes);

  struct TokenPosition {
    std::size_t holder;
    std::size_t token;
  };
  const std::shared_ptr<const ShareIndex> shares_;
  const std::shared_ptr<const RecipientIndex> recipients_;
  const std::shared_ptr<const OwnerSettings> settings_;
  std::unordered_map<crypto::Sha256Digest, TokenPosition, DigestHash> principal_tokens_;
};

using ViewPtr = std::shared_ptr<const View>;

}  // namespace sluice::catalog

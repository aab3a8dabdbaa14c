#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/indexes.h"
#include "catalog/model.h"
#include "catalog/store.h"
#include "catalog/view.h"
#include "config/share_config.h"

namespace sluice::catalog {

/// Puts views together from what a file or folder shares and what the store holds. A change costs
/// what it changed, and an index of all shares or of all recipients if it touched any of them. Not
/// thread-safe.
class ViewBuilder {
 public:
  /// Finds the tables of a shared folder; called by Apply and FindFolderTables only.
  using FindTables =
      std::function<Result<std::vector<config::ConfiguredSchema>>(const Entry& folder)>;
  explicit ViewBuilder(FindTables find_tables) : find_tables_(std::move(find_tables)) {}

  /// What comes from the file and the data directory.
  struct FileContents {
    std::vector<SharePtr> shares;  ///< In the file's order.
    std::vector<RecipientPtr> recipients;
    std::vector<Principal> principals;
  };
  void SetFile(FileContents contents);
  /// Takes in what happened in the store.
  void Apply(Changes changes);
  /// Looks into all shared folders again. True if any gives other tables than before.
  bool FindFolderTables();
  /// The locations of all shared folders; one may come twice.
  std::vector<std::string> folders() const;

  ViewPtr Build();
  /// What could not be shown, for the log: folders that cannot be read, names taken twice.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  SharePtr MakeShare(const ManagedShare& managed);
  void AddFolder(const Entry& folder, config::ConfiguredShare& share);
  void TakeShares(std::vector<ManagedShare> shares);
  void TakeRecipients(const std::vector<std::string>& deleted,
                      std::vector<ManagedRecipient> recipients);

  const FindTables find_tables_;
  FileContents file_;
  std::map<std::string, SharePtr> shares_;               ///< By id, as are the next two.
  std::map<std::string_view, RecipientPtr> recipients_;  ///< The ids are those of the records.
  std::map<std::string, ManagedShare> with_folders_;
  std::shared_ptr<const OwnerSettings> settings_ = std::make_shared<OwnerSettings>();
  // Of the last view; null if what is above has changed since.
  std::shared_ptr<const ShareIndex> share_index_;
  std::shared_ptr<const RecipientIndex> recipient_index_;
  std::vector<std::string> warnings_;
};

}  // namespace sluice::catalog

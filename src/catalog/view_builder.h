#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/model.h"
#include "catalog/store.h"
#include "catalog/view.h"
#include "config/share_config.h"

namespace sluice::catalog {

/// Puts views together from what a file or folder shares and what the store holds. A change costs
/// what it changed and a pointer for each share and recipient. Not thread-safe.
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

  ViewPtr Build() const;
  /// What could not be shown, for the log: folders that cannot be read, names taken twice.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  SharePtr MakeShare(const ManagedShare& managed);
  void AddFolder(const Entry& folder, config::ConfiguredShare& share);
  void TakeShares(std::vector<ManagedShare> shares);

  const FindTables find_tables_;
  FileContents file_;
  std::map<std::string, SharePtr> shares_;  ///< By id, as are the next two.
  std::map<std::string, RecipientPtr> recipients_;
  std::map<std::string, ManagedShare> with_folders_;
  std::shared_ptr<const OwnerSettings> settings_ = std::make_shared<OwnerSettings>();
  std::vector<std::string> warnings_;
};

}  // namespace sluice::catalog

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/folder_scan.h"

// What the searches of this machine's folders and of those in stores have in common.

namespace sluice::catalog {

inline constexpr std::string_view kLogFolder = "_delta_log";

/// "00000000000000000007.json", or ".checkpoint." and more in its place: what makes a log a log.
bool IsCommitOrCheckpoint(std::string_view name);

/// How many levels below the searched folder a path within it is.
int DepthOf(std::string_view path);

/// Adds a warning, unless there are very many.
void AddWarning(std::string warning, std::vector<std::string>& warnings);

/// Names the tables that lie at `paths` within `root`, in byte order; "" is the root itself.
/// `warnings` are those of the search.
FolderScan ScanOf(const std::string& root, std::vector<std::string> paths,
                  std::vector<std::string> warnings);

}  // namespace sluice::catalog

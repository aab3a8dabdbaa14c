#include "sharing/servable.h"

#include <algorithm>

#include "storage/data_path.h"
#include "storage/location.h"

namespace sluice::sharing {
namespace {

Result<void> CheckPlace(std::string_view log_path, const TableRoots& roots) {
  const auto path = TRY(storage::ResolveDataPath(roots.root, log_path));
  if (!path.is_absolute || IsAllowed(path.path, roots)) return {};
  return WithDetail(
      Unsupported("the table lists files outside its own folder, which the owner has not allowed"),
      path.path);
}

template <typename IsLive>
Result<void> CheckBlock(const table::FileBlock& block, const TableRoots& roots, IsLive&& is_live) {
  for (const std::uint32_t row : block.absolute_rows()) {
    if (!is_live(row)) continue;
    TRY(CheckPlace(block.path(row), roots));
    const table::DeletionVector* const vector = block.deletion_vector(row);
    if (vector != nullptr && !vector->file_path.empty()) {
      TRY(CheckPlace(vector->file_path, roots));
    }
  }
  return {};
}

}  // namespace

bool IsAllowed(std::string_view path, const TableRoots& roots) {
  return std::ranges::any_of(roots.allowed_roots, [&](const std::string& allowed_root) {
    return storage::IsWithin(path, allowed_root);
  });
}

Result<void> CheckServable(const table::Snapshot& snapshot, const TableRoots& roots) {
  for (const table::Segment& segment : snapshot.segments()) {
    TRY(CheckBlock(*segment.block, roots, [&](std::size_t row) { return segment.IsLive(row); }));
  }
  return {};
}

Result<void> CheckServable(const table::FileBlock& block, const TableRoots& roots) {
  return CheckBlock(block, roots, [](std::size_t) { return true; });
}

}  // namespace sluice::sharing

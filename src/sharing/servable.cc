#include "sharing/servable.h"

#include <algorithm>

#include "storage/data_path.h"
#include "storage/location.h"

namespace sluice::sharing {
namespace {

Result<void> CheckNoDeletionVectors(const table::Segment& segment) {
  if (!segment.block->has_deletion_vectors()) return {};
  for (std::size_t row = 0; row < segment.block->rows(); ++row) {
    if (!segment.IsLive(row) || segment.block->deletion_vector_id(row).empty()) continue;
    return Unsupported(
        "the table needs reader features that this server does not support yet: deletionVectors");
  }
  return {};
}

Result<void> CheckPlaces(const table::Segment& segment, const TableRoots& roots) {
  for (const std::uint32_t row : segment.block->absolute_rows()) {
    if (!segment.IsLive(row)) continue;
    const auto path = TRY(storage::ResolveDataPath(roots.root, segment.block->path(row)));
    const bool allowed =
        !path.is_absolute ||
        std::ranges::any_of(roots.allowed_roots, [&](const std::string& allowed_root) {
          return storage::IsWithin(path.path, allowed_root);
        });
    if (allowed) continue;
    return WithDetail(
        Unsupported(
            "the table lists files outside its own folder, which the owner has not allowed"),
        path.path);
  }
  return {};
}

}  // namespace

Result<void> CheckServable(const table::Snapshot& snapshot, const TableRoots& roots) {
  for (const table::Segment& segment : snapshot.segments()) {
    TRY(CheckNoDeletionVectors(segment));
    TRY(CheckPlaces(segment, roots));
  }
  return {};
}

}  // namespace sluice::sharing

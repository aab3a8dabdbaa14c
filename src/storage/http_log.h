#pragma once

// The Delta log of a table on a web server, which cannot be listed: its files are found by name.
//
// What can be read so: a table whose log has all its commits from 0 on, and one whose
// `_last_checkpoint` names a checkpoint after which no commit is missing. Of a log that was cleaned
// at its beginning, versions before that checkpoint are not found, nor are other checkpoints and
// compacted commits. Changes are seen as soon as the server gives the next commit; it must answer
// 404 or 410 for one that is not there yet. A list costs one GET, and one HEAD for each commit
// found and one more: a table with many commits after its last checkpoint opens slowly.
// Source of the names: Delta PROTOCOL.md, "Delta Table Specification".

#include <vector>

#include "base/result.h"
#include "storage/http_objects.h"
#include "storage/object_store.h"

namespace sluice::storage {

/// How far commits are looked for after the last checkpoint, or after 0; and before a checkpoint.
constexpr std::int64_t kMaxProbedCommits = 10'000;
/// Of a checkpoint.
constexpr std::int64_t kMaxProbedParts = 1'000;

/// The commits and the last checkpoint in `request.directory`, in byte order of the names, strictly
/// after `start_after`. Errors: kUnsupported for a directory that is no `_delta_log`; kTooLarge
/// past kMaxProbedCommits; those of HttpObjects.
Result<std::vector<ObjectInfo>> ListHttpLog(const HttpObjects& objects, const ListRequest& request);

}  // namespace sluice::storage

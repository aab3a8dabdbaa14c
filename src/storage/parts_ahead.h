#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "storage/object_store.h"

namespace sluice::storage {

// How an object of a remote store is read ahead. One that is open holds kPartsAhead parts of its
// own, and kRequestsAhead more that are on their way: 40 MiB, whatever its size. More at once would
// be no faster than what is made of them, and over a slow line each would come too late.
inline constexpr std::size_t kPartBytes = 2 << 20;
inline constexpr std::size_t kPartsAhead = 16;
inline constexpr std::size_t kRequestsAhead = 4;
/// Of what is longer than a part, the end comes first: a Parquet file's footer is there.
inline constexpr std::size_t kTailBytes = 256 << 10;

/// Opens an object that is read once, mostly from front to back. One of a remote store no longer
/// than a part comes by one request. Of another, parts of what WillRead() told are asked for ahead
/// of their reader, several at a time and in the order in which they will be needed; each is let go
/// once it was read. All else is read when it is asked for. Every part is of the object that was
/// opened, or fails. A store of this machine opens its object as it always does.
/// Errors: those of ObjectStore::Open and RandomAccessObject::ReadAt. `store` must outlive the
/// object.
Result<std::unique_ptr<RandomAccessObject>> OpenAhead(ObjectStore& store, std::string_view path);

}  // namespace sluice::storage

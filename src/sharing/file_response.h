#pragma once

#include <memory>
#include <string>
#include <variant>

#include "base/result.h"
#include "http/message.h"
#include "storage/local_files.h"
#include "storage/object_store.h"

namespace sluice::sharing {

/// An object of a store that is reached over a network; `info` is what the store said of it.
struct RemoteFile {
  std::shared_ptr<storage::ObjectStore> store;
  std::string path;
  storage::ObjectInfo info;
};

using DataFile = std::variant<storage::LocalFile, RemoteFile>;

/// Answers a GET or HEAD of a file: whole (200), a part (206), 304 if the client has it already, or
/// 416. Sends ETag and Accept-Ranges. A remote file is handed on as it arrives; one that is
/// replaced meanwhile cuts the connection. Errors: those of ObjectStore::OpenStream. Source: RFC
/// 9110, sections 13 and 14.
Result<http::Response> RespondWithFile(const http::Request& request, DataFile file);

}  // namespace sluice::sharing

#pragma once

#include "http/message.h"
#include "storage/local_files.h"

namespace sluice::sharing {

/// Answers a GET or HEAD of a file: whole (200), a part (206), 304 if the client has it already, or
/// 416. Sends ETag and Accept-Ranges. Source: RFC 9110, sections 13 and 14.
http::Response RespondWithFile(const http::Request& request, storage::LocalFile file);

}  // namespace sluice::sharing

#pragma once

#include "admin/service.h"
#include "base/result.h"
#include "config/server_options.h"
#include "http/server.h"
#include "observe/stream_logger.h"
#include "server/folder_tables.h"
#include "server/pipeline.h"
#include "sharing/service.h"

namespace sluice::server {

// The server's settings, as each of its parts takes them.

observe::StreamLoggerOptions LogOptions(const config::ServerOptions& options, int file);
http::ServerOptions HttpOptions(const config::ServerOptions& options);
Pipeline::Options PipelineOptions(const config::ServerOptions& options);
/// Errors: kInvalidArgument for a root that is no location.
Result<sharing::SharingService::Options> SharingOptions(const config::ServerOptions& options);
admin::AdminService::Options AdminOptions(const config::ServerOptions& options);
FolderTables::Options FolderOptions(const config::ServerOptions& options);

}  // namespace sluice::server

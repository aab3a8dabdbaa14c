#pragma once

#include <atomic>
#include <utility>

#include "http/forwarded.h"
#include "http/request_id.h"
#include "http/server.h"
#include "http/worker_pool.h"

namespace sluice::http {

/// What all connections of a server share.
struct ServerState {
  ServerState(const ServerOptions& server_options, Handler& server_handler, TrustedProxies proxies)
      : options(server_options),
        handler(server_handler),
        trusted_proxies(std::move(proxies)),
        workers(options.worker_threads, options.max_queued_requests) {}

  const ServerOptions options;
  Handler& handler;
  const TrustedProxies trusted_proxies;
  RequestIds request_ids;
  WorkerPool workers;
  std::atomic<bool> draining = false;
};

}  // namespace sluice::http

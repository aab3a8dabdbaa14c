#include "storage/shared_clients.h"

namespace sluice::storage {

Result<std::shared_ptr<http::Client>> SharedClients::Get(const http::Client::Options& options) {
  const std::lock_guard lock(mutex_);
  for (const auto& [known, client] : clients_) {
    if (known == options) return client;
  }
  std::shared_ptr<http::Client> client = TRY(http::Client::New(options));
  clients_.emplace_back(options, client);
  return client;
}

}  // namespace sluice::storage

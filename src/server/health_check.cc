#include "server/health_check.h"

#include <chrono>
#include <memory>
#include <utility>

#include "base/format.h"
#include "catalog/data_directory.h"
#include "http/client.h"

namespace sluice::server {

Result<std::string> HealthUrl(const std::string& data_directory) {
  const catalog::ListeningPorts ports = TRY(catalog::ReadPorts(data_directory));
  return Format("http://127.0.0.1:{}/readyz", ports.admin);
}

Result<HealthAnswer> AskHealth(const std::string& url) {
  constexpr std::chrono::seconds kTimeout{5};
  constexpr std::size_t kMaxAnswerBytes = 64 << 10;
  // Whoever asks names the server: it may be anywhere.
  const std::unique_ptr<http::Client> client =
      TRY(http::Client::New({.private_networks = {"0.0.0.0/0", "::/0"}}));
  http::ClientResponse answer =
      TRY(client->Send({.url = url}, {.timeout = kTimeout, .max_body_bytes = kMaxAnswerBytes}));
  return HealthAnswer{.is_ready = answer.status == 200, .text = std::move(answer.body)};
}

}  // namespace sluice::server

#include "storage/store_client.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

namespace sluice::storage {
namespace {

std::shared_ptr<RequestMetrics> MetricsOf(const config::StoreOptions& options,
                                          const CloudContext& context) {
  if (context.metrics == nullptr) return nullptr;
  return std::make_shared<RequestMetrics>(*context.metrics, options.name);
}

std::function<void(std::chrono::milliseconds)> SleepOf(const CloudContext& context) {
  if (context.sleep) return context.sleep;
  return [](std::chrono::milliseconds delay) { std::this_thread::sleep_for(delay); };
}

}  // namespace

Result<std::shared_ptr<Requests>> NewStoreRequests(const config::StoreOptions& options,
                                                   const CloudContext& context,
                                                   std::vector<std::string> private_hosts) {
  std::shared_ptr<http::Client> client = TRY(context.clients->Get(
      {.ca_file = options.ca_file,
       .proxy = options.proxy,
       .connect_timeout = std::min(options.connect_timeout, options.request_timeout),
       .idle_timeout = std::max(options.request_timeout / 3, std::chrono::milliseconds(1)),
       .max_connections =
           static_cast<std::size_t>(std::max<std::int64_t>(options.max_connections, 1)),
       .private_networks = context.private_networks,
       .private_hosts = std::move(private_hosts)}));
  return std::make_shared<Requests>(
      Requests::Dependencies{.client = std::move(client),
                             .clock = context.clock,
                             .sleep = SleepOf(context),
                             .metrics = MetricsOf(options, context),
                             .on_end = [health = context.health, name = options.name](
                                           bool answered) { health->Note(name, answered); }},
      RetryOptions{.max_attempts = static_cast<int>(options.max_attempts),
                   .deadline = options.request_timeout,
                   .hedge_after = options.hedge_after});
}

std::shared_ptr<Requests> NewIdentityRequests(const CloudContext& context,
                                              const RetryOptions& retries) {
  return std::make_shared<Requests>(
      Requests::Dependencies{
          .client = context.identity_client, .clock = context.clock, .sleep = SleepOf(context)},
      retries);
}

}  // namespace sluice::storage

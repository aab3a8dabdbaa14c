#include "server/failed_sign_ins.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"

namespace sluice::server {
namespace {

/// The network that an address is counted for. IPv4 stands in the last four bytes.
http::IpAddress NetworkOf(http::IpAddress address) {
  constexpr std::size_t kNetworkBytes = 8;  // a /64: whoever has one address of it has all
  const bool is_ipv4 =
      std::all_of(address.begin(), address.begin() + 10, [](auto byte) { return byte == 0; }) &&
      address[10] == 0xff && address[11] == 0xff;
  if (!is_ipv4) std::fill(address.begin() + kNetworkBytes, address.end(), std::uint8_t{0});
  return address;
}

}  // namespace

FailedSignIns::FailedSignIns(audit::Journal* journal, const Clock& clock, const Options& options)
    : journal_(journal), clock_(clock), options_(options), sweeper_([this] { Run(); }) {}

FailedSignIns::~FailedSignIns() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ending_.notify_all();
  sweeper_.join();
  for (const Network& network : networks_) Write(network);
}

void FailedSignIns::Run() {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, options_.sweep_interval, [this] { return is_ending_; })) {
    lock.unlock();
    Sweep();
    lock.lock();
  }
}

FailedSignIns::Network& FailedSignIns::Find(const http::IpAddress& address,
                                            std::vector<Network>& forgotten) {
  const auto known = index_.find(address);
  if (known != index_.end()) {
    networks_.splice(networks_.begin(), networks_, known->second);
    return networks_.front();
  }
  if (networks_.size() >= options_.max_networks) {
    index_.erase(networks_.back().address);
    forgotten.push_back(std::move(networks_.back()));
    networks_.pop_back();
  }
  networks_.push_front({.address = address,
                        .allowance = static_cast<double>(options_.per_minute),
                        .last_failed = clock_.Now()});
  index_.emplace(address, networks_.begin());
  return networks_.front();
}

std::optional<std::chrono::seconds> FailedSignIns::Count(std::string_view peer) {
  const auto address = http::ParseIpAddress(peer);
  if (options_.per_minute == 0 || !address) return std::nullopt;
  std::vector<Network> forgotten;
  std::optional<std::chrono::seconds> wait;
  {
    const std::lock_guard lock(mutex_);
    Network& network = Find(NetworkOf(*address), forgotten);
    const auto full = static_cast<double>(options_.per_minute);
    const double per_ms = full / 60'000;
    const SystemTime now = clock_.Now();
    const auto passed_ms = static_cast<double>((now - network.last_failed).count());
    network.allowance = std::min(full, network.allowance + std::max(0.0, passed_ms) * per_ms);
    network.last_failed = now;
    if (network.allowance >= 1) {
      network.allowance -= 1;
    } else {
      const double missing_ms = (1 - network.allowance) / per_ms;
      wait = std::chrono::seconds(static_cast<std::int64_t>(std::ceil(missing_ms / 1000)));
    }
  }
  for (const Network& network : forgotten) Write(network);
  return wait;
}

void FailedSignIns::Sum(std::string_view peer, audit::Action action) {
  const auto address = http::ParseIpAddress(peer);
  if (!address) return;
  const std::lock_guard lock(mutex_);
  const auto known = index_.find(NetworkOf(*address));
  if (known == index_.end()) return;  // forgotten in the moment since it was counted
  Network& network = *known->second;
  if (network.summed++ > 0) return;
  network.summed_since = clock_.Now();
  network.action = action;
  network.peer = peer;
}

void FailedSignIns::Sweep() {
  std::vector<Network> due;
  {
    const std::lock_guard lock(mutex_);
    const SystemTime now = clock_.Now();
    for (Network& network : networks_) {
      if (network.summed == 0 || now - network.summed_since < options_.sum_interval) continue;
      due.push_back(network);
      network.summed = 0;
    }
  }
  for (const Network& network : due) Write(network);
}

void FailedSignIns::Write(const Network& network) {
  if (network.summed == 0 || journal_ == nullptr) return;
  // Without a request id: it is no single answer's record.
  const audit::Record record{
      .time = clock_.Now(),
      .action = network.action,
      .allowed = false,
      .reason = Format("{} more without a good credential were refused", network.summed),
      .peer = network.peer};
  // Nobody learned anything by them: a sum that cannot be written must not stop the server, and the
  // journal's own metrics tell of it.
  (void)journal_->AppendUnsynced(record).ok();
}

}  // namespace sluice::server

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "config/yaml.h"

namespace sluice::audit {

/// What reading and keeping data costs, as its owner says. Prices are whole billionths of the
/// currency's unit, so that no sum depends on floating point.
///
///   currency: USD            # three capital letters
///   unit: GB                 # GB (10^9 bytes; the default) or GiB (2^30 bytes)
///   storage:                 # per unit and month, by region; or one price for all
///     eu-central-1: 0.0245
///     "*": 0.023
///   requests: 0.0004         # per 1,000 requests to this server
///   files: 0.0004            # per 1,000 files given to a recipient
///   egress:                  # per unit, FROM region: {TO region: price}; or one price for all
///     eu-central-1: {eu-central-1: 0, "*": 0.02}
///     "*": 0.09
///
/// What is not in the list is not charged. "*" is any region, an unknown one too. Of several prices
/// the one that names the region read from counts first, then the one that names the other.
struct PriceList {
  using Nanos = std::int64_t;
  static constexpr std::string_view kAny = "*";
  static constexpr std::int64_t kMaxPrice = 1'000'000;  ///< In units of the currency.

  std::string currency;
  std::int64_t unit_bytes = 1'000'000'000;
  std::map<std::string, Nanos> storage;
  std::optional<Nanos> requests;
  std::optional<Nanos> files;
  std::map<std::pair<std::string, std::string>, Nanos> egress;

  std::string_view UnitName() const { return unit_bytes == 1'000'000'000 ? "GB" : "GiB"; }
  std::optional<Nanos> StoragePrice(const std::string& region) const;
  std::optional<Nanos> EgressPrice(const std::string& from, const std::string& to) const;
};

/// Errors: kInvalidArgument "FILE:LINE: ..." for an unknown key, a price that is none (digits with
/// up to nine decimals, at most kMaxPrice), or no currency.
Result<PriceList> ReadPriceList(const config::YamlDocument& document);

}  // namespace sluice::audit

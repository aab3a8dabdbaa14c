#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace sluice::config {

/// How a table's files reach its recipients.
enum class Delivery : std::uint8_t {
  kAuto,      ///< kUrl if the store can sign, else kProxy.
  kUrl,       ///< Links that the store itself signs.
  kProxy,     ///< Links to this server, which hands the bytes on.
  kDirectory  ///< Temporary credentials for the table's folder; links as by kAuto beside them.
};

/// Errors: kInvalidArgument naming those there are.
Result<Delivery> ParseDelivery(std::string_view text);
std::string_view DeliveryName(Delivery delivery);  ///< "auto", "url", "proxy", "dir"

/// What the owner says of serving a table, on the table, its share or the whole server; what is not
/// said there is said by the next.
struct ServingTerms {
  std::optional<Delivery> delivery;
  /// How old the last look at the table's log may be. 0: every query looks.
  std::optional<std::chrono::milliseconds> freshness;
  /// How long the last known version is served while the store does not answer. 0: not at all.
  std::optional<std::chrono::milliseconds> serve_stale_for;
  /// Whether a download through this server needs the recipient's bearer token beside its link.
  std::optional<bool> downloads_need_token;

  ServingTerms Or(const ServingTerms& others) const;
};

}  // namespace sluice::config

#include "config/value.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "base/encoding.h"

namespace sluice::config {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t factor;
};

// Largest first: formatting takes the first one that divides the value.
constexpr Unit kDurationUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kByteUnits[] = {{"TiB", std::int64_t{1} << 40},
                               {"GiB", std::int64_t{1} << 30},
                               {"MiB", std::int64_t{1} << 20},
                               {"KiB", std::int64_t{1} << 10},
                               {"", 1}};
constexpr std::int64_t kMaxDurationMillis = std::int64_t{3'653} * 86'400'000;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 50;
constexpr std::size_t kMaxNameForNearest = 64;

std::optional<std::int64_t> ParseDigits(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

/// "12" and a unit's suffix, times its factor; nothing if it is not that or passes `max`.
std::optional<std::int64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units,
                                          std::int64_t max) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::int64_t> count = ParseDigits(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const Unit& unit : units) {
    if (!EqualsIgnoringAsciiCase(text.substr(digits), unit.suffix)) continue;
    if (*count > max / unit.factor) return std::nullopt;
    return *count * unit.factor;
  }
  return std::nullopt;
}

std::string FormatWithUnit(std::int64_t value, std::span<const Unit> units) {
  if (value == 0) return "0";
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return Format("{}{}", value / unit.factor, unit.suffix);
  }
  return Format("{}", value);
}

/// Levenshtein distance, both texts at most kMaxNameForNearest long.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

}  // namespace

Result<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return InvalidArgument("expected true or false, not '{}'", text);
}

Result<std::int64_t> ParseInteger(std::string_view text) {
  const std::optional<std::int64_t> value = ParseDigits(text);
  if (!value) return InvalidArgument("expected a whole number, not '{}'", text);
  return *value;
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  const auto millis = ParseWithUnit(text, kDurationUnits, kMaxDurationMillis);
  if (!millis)
    return InvalidArgument("expected a duration like 500ms, 30s, 5m or 1h, not '{}'", text);
  return std::chrono::milliseconds(*millis);
}

Result<std::size_t> ParseBytes(std::string_view text) {
  const auto bytes = ParseWithUnit(text, kByteUnits, kMaxBytes);
  if (!bytes) return InvalidArgument("expected a size like 64KiB, 2MiB or 1GiB, not '{}'", text);
  return static_cast<std::size_t>(*bytes);
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = TrimAsciiSpace(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::string FormatBool(bool value) { return value ? "true" : "false"; }

std::string FormatDuration(std::chrono::milliseconds value) {
  return FormatWithUnit(value.count(), kDurationUnits);
}

std::string FormatBytes(std::size_t value) {
  return FormatWithUnit(static_cast<std::int64_t>(value), kByteUnits);
}

std::string JoinList(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += ", ";
    text += item;
  }
  return text;
}

std::string HostPort::ToString() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? Format("[{}]:{}", host, port) : Format("{}:{}", host, port);
}

Result<HostPort> ParseHostPort(std::string_view text) {
  const Error fault = InvalidArgument("expected HOST:PORT, not '{}'", text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fault;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const std::optional<std::int64_t> port = ParseDigits(port_text);
  if (!port || *port < 0 || *port > std::numeric_limits<std::uint16_t>::max()) return fault;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fault;
  }
  if (host.empty() || host.find_first_of(" /[]") != std::string_view::npos) return fault;
  return HostPort{std::string(host), static_cast<std::uint16_t>(*port)};
}

bool IsLoopback(std::string_view host) {
  if (host == "::1" || EqualsIgnoringAsciiCase(host, "localhost")) return true;
  // "127.evil.example" is a name, not an address.
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string_view NearestName(std::string_view name, const std::vector<std::string_view>& known) {
  if (name.size() > kMaxNameForNearest) return {};
  const std::string folded = AsciiLower(name);
  // Short names are close to everything, so they must be closer.
  std::size_t best_distance = name.size() <= 4 ? 2 : 3;
  std::string_view best;
  for (const std::string_view candidate : known) {
    if (candidate.size() > kMaxNameForNearest) continue;
    const std::size_t distance = EditDistance(folded, AsciiLower(candidate));
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace sluice::config

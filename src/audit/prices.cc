#include "audit/prices.h"

#include <algorithm>
#include <vector>

#include "config/yaml_fields.h"

namespace sluice::audit {
namespace {

using config::FaultAt;
using config::YamlDocument;
using config::YamlEntry;
using config::YamlNode;
using Nanos = PriceList::Nanos;

constexpr std::size_t kDecimals = 9;
constexpr Nanos kNanos = 1'000'000'000;

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "0.023" as billionths; none if it is not such a number.
std::optional<Nanos> ParseNanos(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, dot);
  std::string decimals(text.substr(std::min(dot + 1, text.size())));
  if (!IsDigits(whole) || whole.size() > 7 || decimals.size() > kDecimals) return std::nullopt;
  if (dot < text.size() && !IsDigits(decimals)) return std::nullopt;
  decimals.resize(kDecimals, '0');
  const Nanos value = std::stoll(std::string(whole)) * kNanos + std::stoll(decimals);
  if (value > PriceList::kMaxPrice * kNanos) return std::nullopt;
  return value;
}

Result<Nanos> ReadPrice(const YamlDocument& document, const YamlEntry& entry) {
  const std::string text = TRY(config::ReadText(document, entry));
  const std::optional<Nanos> price = ParseNanos(text);
  if (price) return *price;
  return FaultAt(document, entry.line,
                 "{}: expected a price such as 0.023, with at most {} decimals and at most {}, not "
                 "'{}'",
                 entry.key, kDecimals, PriceList::kMaxPrice, text);
}

Result<void> ReadCurrency(const YamlDocument& document, const YamlEntry& entry, PriceList& list) {
  list.currency = TRY(config::ReadText(document, entry));
  const bool is_code = list.currency.size() == 3 && std::ranges::all_of(list.currency, [](char c) {
                         return c >= 'A' && c <= 'Z';
                       });
  if (is_code) return {};
  return FaultAt(document, entry.line, "currency: expected three capital letters such as EUR");
}

Result<void> ReadUnit(const YamlDocument& document, const YamlEntry& entry, PriceList& list) {
  const std::string unit = TRY(config::ReadText(document, entry));
  if (unit != "GB" && unit != "GiB") {
    return FaultAt(document, entry.line, "unit: expected GB (10^9 bytes) or GiB (2^30 bytes)");
  }
  list.unit_bytes = unit == "GB" ? 1'000'000'000 : std::int64_t{1} << 30;
  return {};
}

Result<void> ReadStorage(const YamlDocument& document, const YamlEntry& entry, PriceList& list) {
  if (entry.value.kind != YamlNode::Kind::kMap) {
    list.storage[std::string(PriceList::kAny)] = TRY(ReadPrice(document, entry));
    return {};
  }
  for (const YamlEntry& region : entry.value.entries) {
    list.storage[region.key] = TRY(ReadPrice(document, region));
  }
  return {};
}

Result<void> ReadEgressFrom(const YamlDocument& document, const YamlEntry& from, PriceList& list) {
  if (from.value.kind != YamlNode::Kind::kMap) {
    list.egress[{from.key, std::string(PriceList::kAny)}] = TRY(ReadPrice(document, from));
    return {};
  }
  for (const YamlEntry& to : from.value.entries) {
    list.egress[{from.key, to.key}] = TRY(ReadPrice(document, to));
  }
  return {};
}

Result<void> ReadEgress(const YamlDocument& document, const YamlEntry& entry, PriceList& list) {
  if (entry.value.kind != YamlNode::Kind::kMap) {
    const std::string any(PriceList::kAny);
    list.egress[{any, any}] = TRY(ReadPrice(document, entry));
    return {};
  }
  for (const YamlEntry& from : entry.value.entries) TRY(ReadEgressFrom(document, from, list));
  return {};
}

Result<void> ReadKey(const YamlDocument& document, const YamlEntry& entry, PriceList& list) {
  if (entry.key == "currency") return ReadCurrency(document, entry, list);
  if (entry.key == "unit") return ReadUnit(document, entry, list);
  if (entry.key == "storage") return ReadStorage(document, entry, list);
  if (entry.key == "egress") return ReadEgress(document, entry, list);
  if (entry.key != "requests" && entry.key != "files") {
    return config::UnknownKey(document, entry, "a price list",
                              {"currency", "unit", "storage", "requests", "files", "egress"});
  }
  (entry.key == "files" ? list.files : list.requests) = TRY(ReadPrice(document, entry));
  return {};
}

}  // namespace

std::optional<Nanos> PriceList::StoragePrice(const std::string& region) const {
  for (const std::string& key : {region, std::string(kAny)}) {
    const auto price = storage.find(key);
    if (price != storage.end()) return price->second;
  }
  return std::nullopt;
}

std::optional<Nanos> PriceList::EgressPrice(const std::string& from, const std::string& to) const {
  const std::string any(kAny);
  for (const auto& pair : {std::pair(from, to), {from, any}, {any, to}, {any, any}}) {
    const auto price = egress.find(pair);
    if (price != egress.end()) return price->second;
  }
  return std::nullopt;
}

Result<PriceList> ReadPriceList(const YamlDocument& document) {
  if (document.root.kind != YamlNode::Kind::kMap) {
    return FaultAt(document, document.root.line, "expected a map with the key 'currency'");
  }
  PriceList list;
  for (const YamlEntry& entry : document.root.entries) TRY(ReadKey(document, entry, list));
  if (list.currency.empty()) {
    return FaultAt(document, document.root.line, "a price list needs a currency");
  }
  return list;
}

}  // namespace sluice::audit

#include "sharing/time_travel.h"

#include <string>
#include <string_view>

namespace sluice::sharing {
namespace {

std::string Utc(SystemTime time) {
  std::string text;
  AppendUtc(time, text);
  return text;
}

Result<void> CheckNotTooEarly(table::History& history, SystemTime time) {
  const SystemTime first = TRY(history.TimeOf(history.earliest()));
  if (time >= first) return {};
  return InvalidArgument(
      "The provided timestamp ({}) is before the earliest available version {}, committed at {}. "
      "Please use a timestamp greater than or equal to {}",
      Utc(time), history.earliest(), Utc(first), Utc(first));
}

Result<void> CheckNotTooLate(table::History& history, SystemTime time) {
  const SystemTime last = TRY(history.TimeOf(history.latest()));
  if (time <= last) return {};
  return InvalidArgument(
      "The provided timestamp ({}) is after the latest available version {}, committed at {}. "
      "Please use a timestamp less than or equal to {}",
      Utc(time), history.latest(), Utc(last), Utc(last));
}

}  // namespace

Result<void> CheckHistoryShared(const catalog::SharedTable& table) {
  if (table.history_shared) return {};
  return InvalidArgument(
      "Reading table by version or timestamp is not supported because history sharing is not "
      "enabled on table: {}",
      table.ref.ToString());
}

Result<void> CheckChangesShared(const catalog::SharedTable& table) {
  if (table.history_shared) return {};
  return InvalidArgument("cdf is not enabled on table {}", table.ref.ToString());
}

Result<void> CheckStartVersion(const catalog::SharedTable& table, table::Version version,
                               std::string_view what) {
  if (version.value() >= table.start_version) return {};
  return InvalidArgument("You can only query {} since version {}.", what, table.start_version);
}

Result<table::Version> VersionAt(table::History& history, SystemTime time) {
  TRY(CheckNotTooEarly(history, time));
  TRY(CheckNotTooLate(history, time));
  const auto version = TRY(history.LastAtOrBefore(time));
  return version.value_or(history.earliest());
}

Result<table::Version> RangeStartAt(table::History& history, SystemTime time) {
  TRY(CheckNotTooEarly(history, time));
  return FirstVersionSince(history, time);
}

Result<table::Version> RangeEndAt(table::History& history, SystemTime time) {
  return VersionAt(history, time);
}

Result<table::Version> FirstVersionSince(table::History& history, SystemTime time) {
  TRY(CheckNotTooLate(history, time));
  const auto version = TRY(history.FirstAtOrAfter(time));
  return version.value_or(history.latest());
}

}  // namespace sluice::sharing

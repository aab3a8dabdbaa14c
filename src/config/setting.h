#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sluice::config {

// Settings are declared once, as rows of a table beside their options struct; the parser, the
// bounds check, the flags, `config show` and docs/reference/settings.md all read the rows.
//
// A row's name gives its three spellings: "url_lifetime" is `urlLifetime` in a file,
// SLUICE_URL_LIFETIME in the environment and --url-lifetime as a flag.

using SettingValue = std::variant<bool, std::int64_t, std::size_t, std::chrono::milliseconds,
                                  std::string, std::vector<std::string>>;

/// What a value is, in the order of SettingValue's alternatives.
enum class SettingKind : std::uint8_t { kBool, kInteger, kBytes, kDuration, kText, kList };

/// One row. The type of `field` says how the text is read; std::size_t is a number of bytes.
template <typename Options>
struct Setting {
  std::string_view name;  ///< snake_case
  std::variant<bool Options::*, std::int64_t Options::*, std::size_t Options::*,
               std::chrono::milliseconds Options::*, std::string Options::*,
               std::vector<std::string> Options::*>
      field;
  std::string_view fallback;         ///< The default, as a person would write it.
  std::string_view min = {};         ///< Inclusive; for numbers, sizes and durations.
  std::string_view max = {};         ///< Inclusive.
  std::string_view choices = {};     ///< "a|b": the only texts allowed.
  bool is_path = false;              ///< In a file, relative to that file's folder.
  bool is_secret = false;            ///< Shown as "***".
  std::string_view value_name = {};  ///< What the help calls the value: "HOST:PORT".
  std::string_view doc = {};         ///< A sentence or two.
};

/// A row without its field, for code that serves every table.
struct SettingRow {
  std::string_view name;
  SettingKind kind = SettingKind::kText;
  std::string_view fallback;
  std::string_view min;
  std::string_view max;
  std::string_view choices;
  bool is_path = false;
  bool is_secret = false;
  std::string_view value_name;
  std::string_view doc;

  std::string YamlKey() const;
  std::string EnvironmentVariable() const;
  std::string Flag() const;  ///< With its two dashes.
};

/// Which layer a value came from; a later one wins.
enum class Layer : std::uint8_t { kDefault, kReferenceKey, kFile, kEnvironment, kFlag };

/// A value as some layer gave it, not yet parsed.
struct GivenSetting {
  std::string name;  ///< A row's name.
  Layer layer = Layer::kDefault;
  std::string where;               ///< For people: "shares.yaml:12", "SLUICE_LISTEN", "--listen".
  std::vector<std::string> items;  ///< One for all but lists.
  bool is_list = false;  ///< `items` came as a list, so commas inside them are part of the items.
};

/// A value in force and where it came from, for `config show`.
struct SettingInForce {
  std::string_view name;
  std::string value;
  std::string where;  ///< "default" or GivenSetting::where.
};

/// Parses `given` by the kind and bounds of `row`. Errors: kInvalidArgument, beginning with
/// `given.where` and naming the setting, the fault and what was expected.
Result<SettingValue> ParseSetting(const SettingRow& row, const GivenSetting& given);
std::string FormatSetting(const SettingValue& value);

/// The row's given value of the strongest layer (the last one of equals), or its fallback.
GivenSetting StrongestOf(const SettingRow& row, std::span<const GivenSetting> given);

template <typename Options>
SettingRow RowOf(const Setting<Options>& setting) {
  return {.name = setting.name,
          .kind = static_cast<SettingKind>(setting.field.index()),
          .fallback = setting.fallback,
          .min = setting.min,
          .max = setting.max,
          .choices = setting.choices,
          .is_path = setting.is_path,
          .is_secret = setting.is_secret,
          .value_name = setting.value_name,
          .doc = setting.doc};
}

template <typename Options>
struct LayeredOptions {
  Options options;
  std::vector<SettingInForce> in_force;  ///< In the table's order.
};

/// Sets every field of the table: default < reference key < file < environment < flag.
template <typename Options>
Result<LayeredOptions<Options>> LayerSettings(std::span<const Setting<Options>> table,
                                              std::span<const GivenSetting> given) {
  LayeredOptions<Options> layered;
  for (const Setting<Options>& setting : table) {
    const SettingRow row = RowOf(setting);
    const GivenSetting strongest = StrongestOf(row, given);
    SettingValue value = TRY(ParseSetting(row, strongest));
    const bool is_hidden = setting.is_secret && !FormatSetting(value).empty();
    layered.in_force.push_back(
        {setting.name, is_hidden ? "***" : FormatSetting(value), strongest.where});
    std::visit(
        [&](auto field) {
          using Value = std::remove_reference_t<decltype(layered.options.*field)>;
          layered.options.*field = std::get<Value>(std::move(value));
        },
        setting.field);
  }
  return layered;
}

/// docs/reference/settings.md: one section for each row, those of the server and those of a store.
std::string SettingsReference(std::span<const SettingRow> server_rows,
                              std::span<const SettingRow> store_rows);

}  // namespace sluice::config

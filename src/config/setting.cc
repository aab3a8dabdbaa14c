#include "config/setting.h"

#include <algorithm>

#include "base/encoding.h"
#include "config/value.h"

namespace sluice::config {
namespace {

/// The given text without the ambiguity of lists: what a kind other than kList parses.
Result<std::string> SingleText(const GivenSetting& given) {
  if (given.is_list || given.items.size() != 1) {
    return InvalidArgument("expected one value, not a list");
  }
  return given.items.front();
}

template <typename T>
Result<void> CheckBounds(const SettingRow& row, T value, Result<T> (*parse)(std::string_view)) {
  if (!row.min.empty() && value < TRY(parse(row.min))) {
    return InvalidArgument("must be at least {}", row.min);
  }
  if (!row.max.empty() && value > TRY(parse(row.max))) {
    return InvalidArgument("must be at most {}", row.max);
  }
  return {};
}

template <typename T>
Result<SettingValue> ParseBounded(const SettingRow& row, const std::string& text,
                                  Result<T> (*parse)(std::string_view)) {
  const T value = TRY(parse(text));
  TRY(CheckBounds(row, value, parse));
  return SettingValue(value);
}

Result<SettingValue> ParseText(const SettingRow& row, const std::string& text) {
  if (row.choices.empty()) return SettingValue(text);
  std::string_view rest = row.choices;
  while (!rest.empty()) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    if (rest.substr(0, bar) == text) return SettingValue(text);
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return InvalidArgument("expected one of {}, not '{}'", row.choices, text);
}

Result<SettingValue> ParseByKind(const SettingRow& row, const GivenSetting& given) {
  if (row.kind == SettingKind::kList) {
    if (given.is_list) return SettingValue(given.items);
    return SettingValue(SplitList(TRY(SingleText(given))));
  }
  const std::string text = TRY(SingleText(given));
  switch (row.kind) {
    case SettingKind::kBool: return SettingValue(TRY(ParseBool(text)));
    case SettingKind::kInteger: return ParseBounded<std::int64_t>(row, text, ParseInteger);
    case SettingKind::kBytes: return ParseBounded<std::size_t>(row, text, ParseBytes);
    case SettingKind::kDuration:
      return ParseBounded<std::chrono::milliseconds>(row, text, ParseDuration);
    case SettingKind::kText:
    case SettingKind::kList: break;
  }
  return ParseText(row, text);
}

std::string KindInWords(SettingKind kind) {
  switch (kind) {
    case SettingKind::kBool: return "true or false";
    case SettingKind::kInteger: return "a whole number";
    case SettingKind::kBytes: return "a size, such as `64KiB`";
    case SettingKind::kDuration: return "a duration, such as `30s`";
    case SettingKind::kText: return "text";
    case SettingKind::kList: return "a list; between commas in the environment and as a flag";
  }
  return {};
}

/// What a page says of a row, wherever it may be given.
std::string SectionOf(const SettingRow& row, std::string_view heading) {
  std::string section = Format("\n{} {}\n\n{}\n\n", heading, row.YamlKey(), row.doc);
  section += Format("- Value: {}", KindInWords(row.kind));
  if (!row.choices.empty()) section += Format(", one of `{}`", row.choices);
  if (!row.min.empty()) section += Format(", at least `{}`", row.min);
  if (!row.max.empty()) section += Format(", at most `{}`", row.max);
  if (row.is_secret) section += "; shown as `***`";
  if (row.is_path) section += "; relative to the folder of the file that names it";
  section += row.fallback.empty() ? std::string("\n- Default: none\n")
                                  : Format("\n- Default: `{}`\n", row.fallback);
  return section;
}

}  // namespace

std::string SettingRow::YamlKey() const {
  std::string key;
  bool starts_word = false;
  for (const char c : name) {
    if (c == '_') {
      starts_word = true;
    } else {
      key += starts_word && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      starts_word = false;
    }
  }
  return key;
}

std::string SettingRow::EnvironmentVariable() const {
  std::string variable = "SLUICE_";
  for (const char c : name) variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return variable;
}

std::string SettingRow::Flag() const {
  std::string flag = "--" + std::string(name);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

Result<SettingValue> ParseSetting(const SettingRow& row, const GivenSetting& given) {
  Result<SettingValue> value = ParseByKind(row, given);
  if (value.ok()) return value;
  Error error = std::move(value).error();
  // A flag and a variable name the setting by themselves; a line of a file does not.
  const bool in_file = given.layer == Layer::kFile || given.layer == Layer::kReferenceKey;
  error.message = in_file ? Format("{}: {}: {}", given.where, row.YamlKey(), error.message)
                          : Format("{}: {}", given.where, error.message);
  return error;
}

std::string FormatSetting(const SettingValue& value) {
  struct Formatter {
    std::string operator()(bool v) const { return FormatBool(v); }
    std::string operator()(std::int64_t v) const { return Format("{}", v); }
    std::string operator()(std::size_t v) const { return FormatBytes(v); }
    std::string operator()(std::chrono::milliseconds v) const { return FormatDuration(v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<std::string>& v) const { return JoinList(v); }
  };
  return std::visit(Formatter{}, value);
}

GivenSetting StrongestOf(const SettingRow& row, std::span<const GivenSetting> given) {
  const GivenSetting* strongest = nullptr;
  for (const GivenSetting& candidate : given) {
    if (candidate.name != row.name) continue;
    if (strongest == nullptr || candidate.layer >= strongest->layer) strongest = &candidate;
  }
  if (strongest != nullptr) return *strongest;
  return {.name = std::string(row.name),
          .layer = Layer::kDefault,
          .where = "default",
          .items = {std::string(row.fallback)}};
}

std::string SettingsReference(std::span<const SettingRow> server_rows,
                              std::span<const SettingRow> store_rows) {
  std::string page =
      "# Settings\n\n"
      "Made by `sluice config docs`; edit the tables in `src/config/server_options.cc` and\n"
      "`src/config/store_options.cc` instead.\n\n"
      "A setting is a key of `sluice:` in the configuration file, an environment variable or a "
      "flag\n"
      "of `sluice serve`. A flag wins over the environment, that over `sluice:`, that over the\n"
      "reference server's keys (`host`, `port`, `endpoint`, `ssl`, ...), and those over the "
      "default.\n"
      "`sluice config show` prints what is in force and where it came from. The settings of a "
      "store\n"
      "are [further down](#settings-of-a-store).\n";
  for (const SettingRow& row : server_rows) {
    page += SectionOf(row, "##");
    page += Format("- Environment: `{}`\n- Flag: `{}`\n", row.EnvironmentVariable(), row.Flag());
  }
  page +=
      "\n## Settings of a store\n\n"
      "Keys of an entry of `stores:`, a list beside `sluice:` in the configuration file. They "
      "stand\n"
      "in the file alone. What is left out comes from where that cloud's own programs look for "
      "it:\n"
      "see [Tables in object stores](../guide/storage.md).\n";
  for (const SettingRow& row : store_rows) page += SectionOf(row, "###");
  return page;
}

}  // namespace sluice::config

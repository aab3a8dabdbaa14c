#include "storage/s3/shared_files.h"

#include <algorithm>

#include "base/encoding.h"
#include "storage/small_file.h"

namespace sluice::storage::s3 {
namespace {

using Environment = std::function<std::string(const std::string&)>;

Error BadLine(std::size_t number, std::string_view why) {
  return Malformed("line {} {}", number, why);
}

/// Reads line after line; knows which section and key the last one was of.
class IniReader {
 public:
  Result<void> ReadLine(std::string_view line, std::size_t number) {
    const std::string_view trimmed = TrimAsciiSpace(line);
    if (trimmed.empty() || trimmed.front() == '#' || trimmed.front() == ';') return {};
    const std::size_t indent = line.find_first_not_of(" \t");
    if (trimmed.front() == '[') return ReadHeader(trimmed, number);
    if (has_key_ && indent > key_indent_) return {};  // of the key above
    if (sections_.empty()) return BadLine(number, "stands before the first section");
    const std::size_t equals = trimmed.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return BadLine(number, "has no key and '='");
    key_indent_ = indent;
    has_key_ = true;
    sections_.back().values.emplace_back(AsciiLower(TrimAsciiSpace(trimmed.substr(0, equals))),
                                         WithoutComment(trimmed.substr(equals + 1)));
    return {};
  }

  std::vector<IniSection> TakeSections() { return std::move(sections_); }

 private:
  Result<void> ReadHeader(std::string_view line, std::size_t number) {
    const std::size_t end = line.find(']');
    if (end == std::string_view::npos) return BadLine(number, "has no ']'");
    const std::string_view name = TrimAsciiSpace(line.substr(1, end - 1));
    if (name.empty()) return BadLine(number, "names no section");
    sections_.push_back({.name = std::string(name), .values = {}});
    has_key_ = false;
    return {};
  }

  static std::string WithoutComment(std::string_view value) {
    for (std::size_t i = 1; i < value.size(); ++i) {
      const bool is_mark = value[i] == '#' || value[i] == ';';
      if (is_mark && (value[i - 1] == ' ' || value[i - 1] == '\t')) value = value.substr(0, i);
    }
    return std::string(TrimAsciiSpace(value));
  }

  std::vector<IniSection> sections_;
  bool has_key_ = false;  // in this section
  std::size_t key_indent_ = 0;
};

/// "profile dev" and "default" of config, as credentials would have them; empty for other sections.
std::string ProfileOfConfigSection(std::string_view section) {
  constexpr std::string_view kPrefix = "profile";
  if (section == "default") return std::string(section);
  if (!section.starts_with(kPrefix)) return {};
  section.remove_prefix(kPrefix.size());
  const std::string_view name = TrimAsciiSpace(section);
  const bool is_quoted = name.size() > 1 && name.front() == '"' && name.back() == '"';
  if (name.size() == section.size()) return {};  // such as "profiles"
  return std::string(is_quoted ? name.substr(1, name.size() - 2) : name);
}

std::string PathOf(const Environment& environment, const char* variable, std::string_view name) {
  std::string path = environment(variable);
  if (!path.empty()) return path;
  const std::string home = environment("HOME");
  return home.empty() ? "" : Format("{}/.aws/{}", home, name);
}

Result<std::vector<IniSection>> LoadIni(const std::string& path) {
  if (path.empty()) return std::vector<IniSection>();
  const auto text = ReadSmallFile(path, kMaxIniBytes);
  if (!text.ok() && text.error().code == ErrorCode::kNotFound) return std::vector<IniSection>();
  if (!text.ok()) return text.error();
  auto sections = ParseIni(*text);
  if (!sections.ok()) return WithDetail(sections.error(), path);
  return sections;
}

}  // namespace

Result<std::vector<IniSection>> ParseIni(std::string_view text) {
  if (text.size() > kMaxIniBytes) return TooLarge("a file of profiles is too long");
  IniReader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    TRY(reader.ReadLine(text.substr(0, end), number));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.TakeSections();
}

std::string ValueOf(const Profile& profile, std::string_view name) {
  const auto found = profile.find(name);
  return found == profile.end() ? "" : found->second;
}

Result<SharedFiles> SharedFiles::Load(const Environment& environment) {
  const auto config = TRY(LoadIni(PathOf(environment, "AWS_CONFIG_FILE", "config")));
  const auto credentials =
      TRY(LoadIni(PathOf(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials")));
  SharedFiles files;
  const auto add = [&](std::string_view name, const IniSection& section) {
    Profile& profile = files.profiles_[std::string(name)];
    for (const auto& [key, value] : section.values) profile.insert_or_assign(key, value);
  };
  for (const IniSection& section : config) {
    const std::string name = ProfileOfConfigSection(section.name);
    if (!name.empty()) add(name, section);
  }
  for (const IniSection& section : credentials) add(section.name, section);
  return files;
}

const Profile* SharedFiles::Find(std::string_view name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

std::string DefaultProfileName(const Environment& environment) {
  std::string name = environment("AWS_PROFILE");
  return name.empty() ? "default" : name;
}

}  // namespace sluice::storage::s3

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/json.h"
#include "base/utc.h"
#include "server/backup_internal.h"

namespace sluice::server {
namespace {

constexpr std::int64_t kFormat = 1;

Error NoManifest() { return CorruptData("{} in it is none", kManifestName); }

bool IsPlain(std::string_view name) {
  constexpr std::size_t kMaxBytes = 64;
  const auto is_plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kMaxBytes && !name.starts_with('.') &&
         std::ranges::all_of(name, is_plain);
}

Result<BackupFile> ReadFile(const json::value& value) {
  if (!value.is_object()) return NoManifest();
  const json::value* const name = FindMember(value.get_object(), "name");
  const json::value* const bytes = FindMember(value.get_object(), "bytes");
  const json::value* const sha256 = FindMember(value.get_object(), "sha256");
  const bool is_whole = name != nullptr && name->is_string() && bytes != nullptr &&
                        bytes->is_int64() && sha256 != nullptr && sha256->is_string();
  if (!is_whole) return NoManifest();
  return BackupFile{.name = std::string(name->get_string()),
                    .bytes = bytes->get_int64(),
                    .sha256 = std::string(sha256->get_string())};
}

}  // namespace

bool IsSecretName(std::string_view name) {
  constexpr std::array<std::string_view, 4> kSecrets = {"master.key", "admin.token", "tls.key",
                                                        "tls.crt"};
  return std::ranges::find(kSecrets, name) != kSecrets.end() ||
         (name.ends_with(".share") && IsPlain(name));
}

bool IsBackupName(std::string_view name) {
  if (name == kCatalogName || name == kRecordsName || IsSecretName(name)) return true;
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view folder = name.substr(0, slash);
  return (folder == kJournalFolder || (folder.starts_with(kOldJournalPrefix) && IsPlain(folder))) &&
         IsPlain(name.substr(slash + 1));
}

std::string EncodeManifest(const Manifest& manifest) {
  std::string time;
  AppendUtc(manifest.created_at, time);
  json::array files;
  for (const BackupFile& file : manifest.files) {
    files.emplace_back(
        json::object{{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  const json::object object = {{"format", kFormat},
                               {"createdAt", time},
                               {"database", manifest.has_database ? "sqlite" : "postgresql"},
                               {"secrets", manifest.has_secrets},
                               {"files", std::move(files)}};
  std::string text;
  AppendJson(object, text);
  return text + "\n";
}

Result<Manifest> DecodeManifest(std::string_view text) {
  const auto parsed = ParseJson(text, {.max_bytes = kMaxManifestBytes, .max_depth = 4});
  if (!parsed.ok() || !parsed->is_object()) return NoManifest();
  const json::object& object = parsed->get_object();
  const json::value* const format = FindMember(object, "format");
  if (format == nullptr || !format->is_int64()) return NoManifest();
  if (format->get_int64() != kFormat) {
    return Unsupported("it is of format {}, and this program knows {}: use a newer one",
                       format->get_int64(), kFormat);
  }
  const json::value* const time = FindMember(object, "createdAt");
  const json::value* const database = FindMember(object, "database");
  const json::value* const secrets = FindMember(object, "secrets");
  const json::value* const files = FindMember(object, "files");
  const bool is_whole = time != nullptr && time->is_string() && database != nullptr &&
                        database->is_string() && secrets != nullptr && secrets->is_bool() &&
                        files != nullptr && files->is_array();
  if (!is_whole || files->get_array().size() > kMaxBackupFiles) return NoManifest();
  const auto created_at = ParseUtc(time->get_string());
  if (!created_at.ok()) return NoManifest();
  Manifest manifest{.created_at = *created_at,
                    .has_database = database->get_string() == "sqlite",
                    .has_secrets = secrets->get_bool()};
  for (const json::value& file : files->get_array()) {
    manifest.files.push_back(TRY(ReadFile(file)));
  }
  return manifest;
}

}  // namespace sluice::server

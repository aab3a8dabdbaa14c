#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::server {

inline constexpr char kManifestName[] = "sluice-backup.json";
inline constexpr char kCatalogName[] = "catalog.db";
inline constexpr char kRecordsName[] = "audit.db";
inline constexpr char kJournalFolder[] = "audit";
/// Of journals that were put aside; behind it stands the suffix of the node that came after.
inline constexpr char kOldJournalPrefix[] = "audit.before-";

/// Whether a file of this name is a secret of the data directory.
bool IsSecretName(std::string_view name);
/// Whether a backup may hold a file of this name: no name leads out of the data directory.
bool IsBackupName(std::string_view name);

struct BackupFile {
  std::string name;
  std::int64_t bytes = 0;
  std::string sha256;  ///< In hex.

  bool operator==(const BackupFile&) const = default;
};
struct Manifest {
  SystemTime created_at{};
  bool has_database = false;
  bool has_secrets = false;
  std::vector<BackupFile> files;
};
inline constexpr std::size_t kMaxManifestBytes = 64 << 20;
inline constexpr std::size_t kMaxBackupFiles = 500'000;

/// "PATH cannot be read: no such file or directory".
Error FileFault(std::string_view what, const std::string& path, int error_number);
/// Makes the names in a folder durable. Errors: kUnavailable.
Result<void> SyncFolder(const std::string& path);

std::string EncodeManifest(const Manifest& manifest);
/// Errors: kCorruptData; kUnsupported for a format that a later version made.
Result<Manifest> DecodeManifest(std::string_view text);

}  // namespace sluice::server

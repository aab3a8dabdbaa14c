#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "audit/record_store.h"
#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "catalog/store.h"
#include "crypto/random.h"
#include "crypto/sha256_stream.h"
#include "db/database.h"
#include "server/backup.h"
#include "server/backup_internal.h"
#include "server/tar.h"

namespace sluice::server {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;
constexpr std::size_t kSuffixBytes = 4;
constexpr std::size_t kMaxSuffixBytes = 32;

/// A folder that is gone again, with all in it, unless it was kept.
class PartialFolder {
 public:
  static Result<PartialFolder> MakeBeside(const std::string& target) {
    std::string path = target + ".restoring-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return FileFault("made", path, errno);
    return PartialFolder(std::move(path));
  }
  PartialFolder(PartialFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  PartialFolder& operator=(PartialFolder&&) = delete;
  ~PartialFolder() {
    std::error_code fault;
    if (!path_.empty()) std::filesystem::remove_all(path_, fault);
  }

  std::string PathOf(std::string_view name) const { return Format("{}/{}", path_, name); }
  /// Takes the place of `target`, if that is not there or an empty folder.
  Result<void> KeepAs(const std::string& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) {
      if (errno == ENOTEMPTY || errno == EEXIST) return AlreadyExists("{} is not empty", target);
      return FileFault("made", target, errno);
    }
    path_.clear();
    return SyncFolder(std::filesystem::path(target).parent_path());
  }

 private:
  explicit PartialFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<void> WriteAll(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileFault("written", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<FileDescriptor> MakeFile(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.valid()) return file;
  if (errno == EEXIST) return CorruptData("it holds a file twice");
  return FileFault("made", path, errno);
}

/// Unpacks one file. Its digest is what was written, whatever the manifest says.
Result<BackupFile> Unpack(TarReader& tar, const TarReader::File& file,
                          const PartialFolder& folder) {
  if (!IsBackupName(file.name)) return CorruptData("it holds a file that no backup has");
  const std::string path = folder.PathOf(file.name);
  const std::size_t slash = file.name.find('/');
  if (slash != std::string::npos) {
    const std::string inner = folder.PathOf(file.name.substr(0, slash));
    if (::mkdir(inner.c_str(), 0700) != 0 && errno != EEXIST)
      return FileFault("made", inner, errno);
  }
  const FileDescriptor out = TRY(MakeFile(path));
  crypto::Sha256Stream digest;
  std::string piece(kPieceBytes, '\0');
  while (const std::size_t count = TRY(tar.Read(piece))) {
    const std::string_view bytes = std::string_view(piece).substr(0, count);
    digest.Add(bytes);
    TRY(WriteAll(out.get(), bytes, path));
  }
  if (::fsync(out.get()) != 0) return FileFault("written", path, errno);
  BackupFile unpacked{.name = file.name, .bytes = file.size_bytes};
  AppendHex(crypto::AsText(digest.Finish()), unpacked.sha256);
  return unpacked;
}

Result<Manifest> ReadManifest(TarReader& tar, const TarReader::File& file) {
  if (file.size_bytes > static_cast<std::int64_t>(kMaxManifestBytes)) {
    return CorruptData("{} in it is too long", kManifestName);
  }
  std::string text(static_cast<std::size_t>(file.size_bytes), '\0');
  TRY(tar.Read(text));
  const auto behind = TRY(tar.Next());
  if (behind) return CorruptData("{} is not the last file in it", kManifestName);
  return DecodeManifest(text);
}

/// Unpacks everything and compares it with the manifest, which comes last.
Result<Manifest> UnpackAll(std::istream& in, const PartialFolder& folder) {
  TarReader tar(in);
  std::vector<BackupFile> unpacked;
  while (unpacked.size() <= kMaxBackupFiles) {
    const auto file = TRY(tar.Next());
    if (!file) return CorruptData("it has no {}", kManifestName);
    if (file->name != kManifestName) {
      unpacked.push_back(TRY(Unpack(tar, *file, folder)));
      continue;
    }
    Manifest manifest = TRY(ReadManifest(tar, *file));
    if (manifest.files != unpacked) {
      return CorruptData("what it holds is not what {} says", kManifestName);
    }
    return manifest;
  }
  return CorruptData("it holds too many files");
}

/// Brings copies of databases to this program's version. Errors: kUnsupported for a newer one.
Result<void> CheckDatabases(const PartialFolder& folder) {
  if (std::filesystem::exists(folder.PathOf(kCatalogName))) {
    const auto database = TRY(db::OpenSqlite({.path = folder.PathOf(kCatalogName)}));
    TRY(catalog::Store::Open(*database));
  }
  if (std::filesystem::exists(folder.PathOf(kRecordsName))) {
    const auto database = TRY(db::OpenSqlite({.path = folder.PathOf(kRecordsName)}));
    TRY(audit::PrepareRecordTables(*database));
  }
  return {};
}

Result<void> CheckTarget(const std::string& path) {
  std::error_code fault;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, fault))) return {};
  if (!std::filesystem::is_directory(path, fault)) return AlreadyExists("{} is no folder", path);
  const bool is_empty = std::filesystem::is_empty(path, fault);
  if (fault) return Unavailable("{} cannot be read: {}", path, fault.message());
  if (!is_empty) return AlreadyExists("{} is not empty: restore into a new folder", path);
  return {};
}

}  // namespace

Result<RestoreReport> Restore(const std::string& file, const std::string& data_directory) {
  // A slash at the end would make the folder beside it one inside it.
  std::string target = std::filesystem::absolute(data_directory).lexically_normal();
  while (target.size() > 1 && target.ends_with('/')) target.pop_back();
  TRY(CheckTarget(target));
  std::ifstream in(file, std::ios::binary);
  if (!in) return NotFound("{} cannot be read", file);
  std::error_code fault;
  std::filesystem::create_directories(std::filesystem::path(target).parent_path(), fault);
  PartialFolder folder = TRY(PartialFolder::MakeBeside(target));
  auto manifest = UnpackAll(in, folder);
  if (!manifest.ok()) {
    Error error = std::move(manifest).error();
    error.message = Format("{}: {}", file, error.message);
    return error;
  }
  TRY(CheckDatabases(folder));
  RestoreReport report{.made_at = manifest->created_at,
                       .has_database = manifest->has_database,
                       .has_secrets = manifest->has_secrets,
                       .suffix = "r" + HexEncode(crypto::RandomBytes(kSuffixBytes))};
  if (std::filesystem::exists(folder.PathOf(kJournalFolder))) {
    const std::string name = kOldJournalPrefix + report.suffix;
    std::filesystem::rename(folder.PathOf(kJournalFolder), folder.PathOf(name), fault);
    if (fault) return Unavailable("the journal cannot be put aside: {}", fault.message());
    report.journal = target + "/" + name;
  }
  const FileDescriptor suffix = TRY(MakeFile(folder.PathOf(kNodeSuffixFile)));
  TRY(WriteAll(suffix.get(), report.suffix + "\n", folder.PathOf(kNodeSuffixFile)));
  if (::fsync(suffix.get()) != 0) return FileFault("written", target, errno);
  TRY(folder.KeepAs(target));
  return report;
}

Result<std::string> ReadNodeSuffix(const std::string& data_directory) {
  const std::string path = data_directory + "/" + kNodeSuffixFile;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::string();
  std::string text(kMaxSuffixBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const std::string suffix(TrimAsciiSpace(text));
  const bool is_one = text.size() <= kMaxSuffixBytes && suffix.size() > 1 &&
                      suffix.find_first_not_of("0123456789abcdefr") == std::string::npos;
  if (!is_one) return CorruptData("{} is no suffix of a node's name", path);
  return suffix;
}

}  // namespace sluice::server

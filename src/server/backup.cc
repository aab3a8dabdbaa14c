#include "server/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include "audit/segment.h"
#include "base/encoding.h"
#include "base/file_descriptor.h"
#include "crypto/sha256_stream.h"
#include "db/database.h"
#include "server/backup_internal.h"
#include "server/tar.h"

namespace sluice::server {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

/// A file that is gone again unless it was kept.
class PartialFile {
 public:
  static Result<PartialFile> Make(std::string path) {
    ::unlink(path.c_str());  // what a run before left, which was ended
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const FileDescriptor file(::open(path.c_str(), kNew, 0600));
    if (!file.valid()) return FileFault("made", path, errno);
    return PartialFile(std::move(path));
  }
  PartialFile(PartialFile&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  const std::string& path() const { return path_; }
  /// Makes what was written durable and gives it its name. Errors: kAlreadyExists.
  Result<void> KeepAs(const std::string& path) {
    const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() || ::fsync(file.get()) != 0) return FileFault("written", path_, errno);
    // Unlike rename, link never takes another's place; some file systems know no links.
    if (::link(path_.c_str(), path.c_str()) == 0) {
      ::unlink(path_.c_str());
    } else if (errno == EEXIST) {
      return AlreadyExists("{} is there already", path);
    } else if (::rename(path_.c_str(), path.c_str()) != 0) {
      return FileFault("made", path, errno);
    }
    path_.clear();
    return SyncFolder(std::filesystem::absolute(path).parent_path());
  }

 private:
  explicit PartialFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

class Archive {
 public:
  Archive(std::ostream& out, SystemTime now) : tar_(out), now_(now) {}

  /// As much of the file as it has now: it may grow meanwhile. Errors: kNotFound.
  Result<void> AddFile(const std::string& name, const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.valid() && errno == ENOENT) return NotFound("{} is not there", path);
    struct stat status {};
    if (!file.valid() || ::fstat(file.get(), &status) != 0) return FileFault("read", path, errno);
    return AddBytes(name, path, file, status.st_size);
  }
  /// A segment that may be written to: up to its last whole record.
  Result<void> AddSegment(const std::string& name, const std::string& path) {
    audit::SegmentReader reader = TRY(audit::SegmentReader::Open(path));
    while (true) {
      const auto record = reader.Next();
      // A record that is not whole yet; one that is damaged ends what can be believed, and whoever
      // verifies the journal is told so by the heads.
      if (!record.ok() || !record->has_value()) break;
    }
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.valid()) return FileFault("read", path, errno);
    return AddBytes(name, path, file, reader.offset());
  }
  Result<void> Finish(Manifest manifest) {
    manifest.files = files_;
    const std::string text = EncodeManifest(manifest);
    TRY(tar_.Begin(kManifestName, static_cast<std::int64_t>(text.size()), now_));
    TRY(tar_.Append(text));
    return tar_.Finish();
  }

  const std::vector<BackupFile>& files() const { return files_; }

 private:
  Result<void> AddBytes(const std::string& name, const std::string& path,
                        const FileDescriptor& file, std::int64_t size_bytes) {
    if (files_.size() >= kMaxBackupFiles) return TooLarge("the data directory has too many files");
    TRY(tar_.Begin(name, size_bytes, now_));
    crypto::Sha256Stream digest;
    std::string piece(kPieceBytes, '\0');
    for (std::int64_t left = size_bytes; left > 0;) {
      const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(left, kPieceBytes));
      const ssize_t got = ::read(file.get(), piece.data(), wanted);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FileFault("read", path, errno);
      if (got == 0) return Unavailable("{} became shorter while it was read: try again", path);
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
      digest.Add(bytes);
      TRY(tar_.Append(bytes));
      left -= got;
    }
    BackupFile& added = files_.emplace_back(BackupFile{.name = name, .bytes = size_bytes});
    AppendHex(crypto::AsText(digest.Finish()), added.sha256);
    return {};
  }

  TarWriter tar_;
  const SystemTime now_;
  std::vector<BackupFile> files_;
};

bool IsThere(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

/// Through a copy beside the backup, which SQLite makes whole while others write.
Result<void> AddDatabase(const std::string& name, const BackupRequest& request, Archive& archive) {
  const std::string path = request.options.data_dir + "/" + name;
  if (!IsThere(path)) return {};
  const auto database = TRY(db::OpenSqlite({.path = path}));
  const PartialFile copy = TRY(PartialFile::Make(request.file + "." + name + ".partial"));
  ::unlink(copy.path().c_str());  // the copy is made where nothing is
  TRY(database->CopyTo(copy.path()));
  return archive.AddFile(name, copy.path());
}

/// The tree and the heads first: what they speak of is in the segments then. The newest segment
/// before the older ones: where one is gone by now, those before it are too.
Result<void> AddJournal(const std::string& data_directory, Archive& archive) {
  const std::string folder = data_directory + "/" + kJournalFolder;
  if (!IsThere(folder)) return {};
  for (const char* const name : {"tree", "heads"}) {
    const std::string path = folder + "/" + name;
    if (IsThere(path)) TRY(archive.AddFile(Format("{}/{}", kJournalFolder, name), path));
  }
  const auto segments = TRY(audit::ListSegments(folder));
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    const std::string file = std::filesystem::path(segment->path).filename();
    const std::string name = Format("{}/{}", kJournalFolder, file);
    const bool is_last = segment == segments.rbegin();
    const auto added =
        is_last ? archive.AddSegment(name, segment->path) : archive.AddFile(name, segment->path);
    if (!added.ok() && !is_last && added.error().code == ErrorCode::kNotFound) break;
    TRY(added);
  }
  return {};
}

/// The names of files in a folder, sorted.
Result<std::vector<std::string>> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code fault;
  for (std::filesystem::directory_iterator entry(folder, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    names.push_back(entry->path().filename());
  }
  if (fault) return Unavailable("{} cannot be read: {}", folder, fault.message());
  std::ranges::sort(names);
  return names;
}

Result<void> AddOldJournals(const std::string& data_directory, Archive& archive) {
  const std::vector<std::string> folders = TRY(NamesIn(data_directory));
  for (const std::string& folder : folders) {
    if (!folder.starts_with(kOldJournalPrefix)) continue;
    const std::vector<std::string> names = TRY(NamesIn(data_directory + "/" + folder));
    for (const std::string& file : names) {
      const std::string name = Format("{}/{}", folder, file);
      if (IsBackupName(name)) TRY(archive.AddFile(name, Format("{}/{}", data_directory, name)));
    }
  }
  return {};
}

Result<void> AddSecrets(const BackupRequest& request, Archive& archive,
                        std::vector<std::string>& left_out) {
  const std::vector<std::string> names = TRY(NamesIn(request.options.data_dir));
  for (const std::string& name : names) {
    if (!IsSecretName(name)) continue;
    if (request.with_secrets) {
      TRY(archive.AddFile(name, request.options.data_dir + "/" + name));
    } else {
      left_out.push_back(name);
    }
  }
  return {};
}

}  // namespace

Result<BackupReport> Backup(const BackupRequest& request, const Clock& clock) {
  const std::string& data_directory = request.options.data_dir;
  if (!IsThere(data_directory)) return NotFound("there is no data directory {}", data_directory);
  if (IsThere(request.file)) return AlreadyExists("{} is there already", request.file);
  const Manifest manifest{.created_at = clock.Now(),
                          .has_database = request.options.catalog_url.empty(),
                          .has_secrets = request.with_secrets};
  PartialFile partial = TRY(PartialFile::Make(request.file + ".partial"));
  std::ofstream out(partial.path(), std::ios::binary | std::ios::in | std::ios::out);
  Archive archive(out, manifest.created_at);
  BackupReport report{.has_database = manifest.has_database};
  if (manifest.has_database) TRY(AddDatabase(kCatalogName, request, archive));
  TRY(AddJournal(data_directory, archive));
  TRY(AddOldJournals(data_directory, archive));
  // Behind the journal: what the journal has is in the database then, as far as it was shipped.
  if (manifest.has_database) TRY(AddDatabase(kRecordsName, request, archive));
  TRY(AddSecrets(request, archive, report.left_out));
  if (archive.files().empty()) return NotFound("{} holds nothing to back up", data_directory);
  TRY(archive.Finish(manifest));
  out.close();
  if (!out) return Unavailable("{} cannot be written", partial.path());
  TRY(partial.KeepAs(request.file));
  report.files = archive.files().size();
  for (const BackupFile& file : archive.files()) report.bytes += file.bytes;
  return report;
}

}  // namespace sluice::server

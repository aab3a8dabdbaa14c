#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>

#include "base/file_descriptor.h"
#include "crypto/random.h"
#include "storage/object_store.h"
#include "storage/posix_error_internal.h"

namespace sluice::storage {
namespace {

/// A file that is being written has a name of this kind until it is whole. Lists leave it out.
constexpr std::string_view kDraftPrefix = ".sluice-draft-";

SystemTime ModifiedAt(const struct stat& status) {
  return SystemTime(std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

Error NotAFile(std::string_view path) {
  return WithDetail(NotFound("{} is not a file", NameOf(path)), std::string(path));
}

Result<ObjectInfo> StatFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return PosixError(path, errno);
  if (!S_ISREG(status.st_mode)) return NotAFile(path);
  return ObjectInfo{.name = std::string(NameOf(path)),
                    .size_bytes = static_cast<std::uint64_t>(status.st_size),
                    .modified_at = ModifiedAt(status)};
}

/// A regular file, open for reading. What is read later is what was opened, even if the name is
/// given to another file meanwhile.
class LocalObject final : public RandomAccessObject {
 public:
  static Result<LocalObject> Open(std::string path) {
    // O_NONBLOCK, since opening a FIFO would otherwise wait for its writer.
    FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status;
    if (!file.valid() || fstat(file.get(), &status) != 0) return PosixError(path, errno);
    if (!S_ISREG(status.st_mode)) return NotAFile(path);
    return LocalObject(std::move(file), static_cast<std::uint64_t>(status.st_size),
                       std::move(path));
  }

  std::uint64_t size_bytes() const override { return size_bytes_; }

  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    if (offset > size_bytes_ || out.size() > size_bytes_ - offset) {
      return WithDetail(InvalidArgument("{} is shorter than asked for", NameOf(path_)), path_);
    }
    while (!out.empty()) {
      const ssize_t count = pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return PosixError(path_, errno);
      if (count == 0) return WithDetail(Unavailable("{} was cut short", NameOf(path_)), path_);
      offset += static_cast<std::uint64_t>(count);
      out = out.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  LocalObject(FileDescriptor file, std::uint64_t size_bytes, std::string path)
      : file_(std::move(file)), size_bytes_(size_bytes), path_(std::move(path)) {}

  FileDescriptor file_;
  std::uint64_t size_bytes_;
  std::string path_;
};

/// The first `limit` names after `start_after`, in byte order.
class NameCollector {
 public:
  explicit NameCollector(const ListRequest& request) : request_(request) {}

  void Offer(std::string_view name) {
    if (name <= request_.start_after || request_.limit == 0) return;
    if (names_.size() == request_.limit) {
      if (name >= names_.front()) return;
      std::pop_heap(names_.begin(), names_.end());
      names_.pop_back();
    }
    names_.emplace_back(name);
    std::push_heap(names_.begin(), names_.end());
  }

  std::vector<std::string> TakeSorted() {
    std::sort_heap(names_.begin(), names_.end());
    return std::move(names_);
  }

 private:
  const ListRequest request_;
  std::vector<std::string> names_;  // A heap with the greatest name in front.
};

/// DT_REG, DT_DIR and so on; of a link, that of what it leads to. DT_UNKNOWN if that is gone.
unsigned char TypeOf(const dirent& entry, const std::string& directory) {
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return entry.d_type;
  struct stat status;
  if (stat(Format("{}/{}", directory, entry.d_name).c_str(), &status) != 0) return DT_UNKNOWN;
  return IFTODT(status.st_mode);
}

/// Calls `visit` with each entry of a directory; with none if it is not there.
Result<void> VisitEntries(const std::string& directory,
                          const std::function<void(const dirent&)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open_directory(opendir(directory.c_str()), closedir);
  if (open_directory == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return PosixError(directory, errno);
  }
  for (errno = 0; const dirent* entry = readdir(open_directory.get()); errno = 0) visit(*entry);
  if (errno != 0) return PosixError(directory, errno);
  return {};
}

Result<std::vector<std::string>> ListNames(const std::string& directory,
                                           const ListRequest& request) {
  NameCollector names(request);
  TRY(VisitEntries(directory, [&](const dirent& entry) {
    const bool is_draft = std::string_view(entry.d_name).starts_with(kDraftPrefix);
    if (!is_draft && TypeOf(entry, directory) == DT_REG) names.Offer(entry.d_name);
  }));
  return names.TakeSorted();
}

Result<void> WriteWhole(const std::string& path, std::string_view bytes) {
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.valid()) return PosixError(path, errno);
  while (!bytes.empty()) {
    const ssize_t count = write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return PosixError(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (fsync(file.get()) != 0) return PosixError(path, errno);
  return {};
}

/// Leaves out those that were deleted since they were listed.
Result<std::vector<ObjectInfo>> StatThoseLeft(const std::string& directory,
                                              const std::vector<std::string>& names) {
  std::vector<ObjectInfo> infos;
  infos.reserve(names.size());
  for (const std::string& name : names) {
    Result<ObjectInfo> info = StatFile(Format("{}/{}", directory, name));
    if (info.ok()) {
      infos.push_back(std::move(info).value());
    } else if (info.error().code != ErrorCode::kNotFound) {
      return std::move(info).error();
    }
  }
  return infos;
}

class LocalStore final : public ObjectStore {
 public:
  bool is_remote() const override { return false; }

  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    const std::string directory(request.directory);
    ListRequest rest = request;
    std::vector<ObjectInfo> infos;
    std::vector<std::string> names;
    // Ends: each turn starts after names that the one before has seen. A further turn makes up for
    // files that were deleted between their listing and their description.
    do {
      rest.limit = request.limit - infos.size();
      names = TRY(ListNames(directory, rest));
      for (ObjectInfo& info : TRY(StatThoseLeft(directory, names))) {
        infos.push_back(std::move(info));
      }
      if (!names.empty()) rest.start_after = names.back();
    } while (names.size() == rest.limit && infos.size() < request.limit);
    return infos;
  }

  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t max_folders) override {
    const std::string path(directory);
    NameCollector names({.directory = path, .start_after = "", .limit = max_folders + 1});
    TRY(VisitEntries(path, [&](const dirent& entry) {
      const std::string_view name = entry.d_name;
      if (name != "." && name != ".." && TypeOf(entry, path) == DT_DIR) names.Offer(name);
    }));
    std::vector<std::string> sorted = names.TakeSorted();
    if (sorted.size() > max_folders) return TooManyFolders(directory, max_folders);
    return sorted;
  }

  Result<ObjectInfo> Stat(std::string_view path) override { return StatFile(std::string(path)); }

  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) override {
    const LocalObject object = TRY(LocalObject::Open(std::string(path)));
    if (object.size_bytes() > max_bytes) {
      return WithDetail(TooLarge("{} is longer than {} bytes", NameOf(path), max_bytes),
                        std::string(path));
    }
    std::string bytes(object.size_bytes(), '\0');
    TRY(object.ReadAt(0, bytes));
    return bytes;
  }

  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) override {
    LocalObject object = TRY(LocalObject::Open(std::string(path)));
    return std::make_unique<LocalObject>(std::move(object));
  }

  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path, const ObjectInfo& info,
                                                   ByteSpan span) override {
    auto object = TRY(Open(path));
    if (!IsSameObject(TRY(Stat(path)), info)) {
      return WithDetail(Unavailable("{} was replaced", NameOf(path)), std::string(path));
    }
    return StreamOf(std::move(object), span);
  }

  Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    const std::filesystem::path target(path);
    std::error_code failed;
    std::filesystem::create_directories(target.parent_path(), failed);
    if (failed) return PosixError(path, failed.value());
    const std::string draft =
        target.parent_path() / Format("{}{}", kDraftPrefix, crypto::RandomToken(9));
    const Result<void> written = WriteWhole(draft, bytes);
    // A link, unlike a rename, never replaces what is there.
    const int linked = written.ok() ? link(draft.c_str(), target.c_str()) : 0;
    const int error_number = errno;
    unlink(draft.c_str());
    if (linked != 0) return PosixError(path, error_number);
    return written;
  }
};

}  // namespace

std::unique_ptr<ObjectStore> NewLocalStore() { return std::make_unique<LocalStore>(); }

}  // namespace sluice::storage

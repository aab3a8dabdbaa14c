#include "audit/delta_commits_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <utility>

#include "audit/file_access.h"
#include "audit/system_calls.h"
#include "crypto/random.h"

namespace sluice::audit {
namespace {

constexpr std::string_view kEnding = ".json";
constexpr std::size_t kVersionDigits = 20;

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// "00000000000000000007.json"
std::optional<std::int64_t> VersionOf(std::string_view name) {
  if (name.size() != kVersionDigits + kEnding.size() || !name.ends_with(kEnding)) return {};
  std::int64_t version = 0;
  const char* const digits_end = name.data() + kVersionDigits;
  const auto [end, fault] = std::from_chars(name.data(), digits_end, version);
  if (fault != std::errc() || end != digits_end) return {};
  return version;
}

}  // namespace

Result<void> MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return SyncDirectory(SystemCalls::Real(), FolderOf(path));
  if (errno == EEXIST) return {};
  return FileFault("written", path, errno);
}

Result<void> WriteNewFile(const std::string& path, std::string_view bytes) {
  const FileDescriptor file(SystemCalls::Real().Create(path.c_str()));
  if (!file.valid() && errno == EEXIST) return AlreadyExists("the file is there already");
  if (!file.valid()) return FileFault("written", path, errno);
  const WritePlace place{SystemCalls::Real(), file, path};
  TRY(WriteAt(place, 0, bytes));
  TRY(SyncFile(place));
  return SyncDirectory(SystemCalls::Real(), FolderOf(path));
}

Result<void> ReplaceFile(const std::string& path, std::string_view bytes) {
  const std::string made = path + ".new";
  ::unlink(made.c_str());  // what a crash left
  TRY(WriteNewFile(made, bytes));
  if (::rename(made.c_str(), path.c_str()) != 0) {
    const int fault = errno;
    ::unlink(made.c_str());
    return FileFault("written", path, fault);
  }
  return SyncDirectory(SystemCalls::Real(), FolderOf(path));
}

Result<DeltaCommits> DeltaCommits::Open(const std::string& table_folder) {
  TRY(MakeFolder(table_folder));
  TRY(MakeFolder(table_folder + "/_delta_log"));
  DeltaCommits commits(table_folder + "/_delta_log");
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(commits.folder_.c_str()), ::closedir);
  if (!folder) return FileFault("read", commits.folder_, errno);
  while (const dirent* const entry = ::readdir(folder.get())) {
    commits.latest_ = std::max(commits.latest_, VersionOf(entry->d_name).value_or(-1));
  }
  return commits;
}

std::string DeltaCommits::PathOf(std::int64_t version) const {
  return Format("{}/{:020}{}", folder_, version, kEnding);
}

Result<void> DeltaCommits::Refresh() {
  struct stat status {};
  while (::stat(PathOf(latest_ + 1).c_str(), &status) == 0) ++latest_;
  if (errno == ENOENT) return {};
  return FileFault("read", folder_, errno);
}

Result<bool> DeltaCommits::TryAppend(std::string_view actions) {
  if (actions.size() > kMaxCommitBytes) return TooLarge("a commit of the audit table is too large");
  // Readers pass over names that begin with a dot. Unlike rename, link replaces nothing.
  const std::string made = Format("{}/.new-{}", folder_, crypto::RandomToken(12));
  const std::string target = PathOf(latest_ + 1);
  const Result<void> written = WriteNewFile(made, actions);
  const bool is_linked = written.ok() && ::link(made.c_str(), target.c_str()) == 0;
  const int fault = errno;
  ::unlink(made.c_str());
  if (!written.ok()) return written.error();
  if (!is_linked && fault == EEXIST) return false;
  if (!is_linked) return FileFault("written", target, fault);
  ++latest_;
  TRY(SyncDirectory(SystemCalls::Real(), folder_));
  return true;
}

Result<std::string> DeltaCommits::Read(std::int64_t version) const {
  const FileDescriptor file = TRY(OpenToRead(PathOf(version)));
  const std::int64_t size = TRY(FileSize(file, folder_));
  if (size > static_cast<std::int64_t>(kMaxCommitBytes)) {
    return TooLarge("a commit of the audit table is too large");
  }
  std::string text;
  TRY(ReadAt(file, 0, static_cast<std::size_t>(size), text));
  return text;
}

}  // namespace sluice::audit

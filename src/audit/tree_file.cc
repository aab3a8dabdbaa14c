#include "audit/tree_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::audit {
namespace {

constexpr std::int64_t kHashBytes = sizeof(Hash);

}  // namespace

Result<TreeFile> TreeFile::Open(const SystemCalls& calls, std::string path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return FileFault("opened", path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return FileFault("opened", path, errno);
  return TreeFile(calls, std::move(path), std::move(file));
}

Result<std::int64_t> TreeFile::Count() const {
  const std::int64_t size = TRY(FileSize(file_, path_));
  return size / kHashBytes;
}

Result<Hash> TreeFile::Read(std::int64_t index) const {
  Hash hash;
  const ssize_t count = ::pread(file_.get(), hash.data(), hash.size(), index * kHashBytes);
  if (count < 0) return FileFault("read", path_, errno);
  if (count == kHashBytes) return hash;
  return WithDetail(CorruptData("the audit log is damaged"),
                    Format("{}: hash {} is missing", path_, index));
}

ReadHash TreeFile::Reader() const {
  return [this](std::int64_t index) { return Read(index); };
}

Result<void> TreeFile::Write(std::int64_t index, const std::vector<Hash>& hashes) {
  const std::string_view bytes(reinterpret_cast<const char*>(hashes.data()),
                               hashes.size() * sizeof(Hash));
  return WriteAt({*calls_, file_, path_}, index * kHashBytes, bytes);
}

Result<void> TreeFile::Truncate(std::int64_t count) {
  if (calls_->Truncate(file_.get(), count * kHashBytes) == 0) return {};
  return FileFault("written", path_, errno);
}

Result<void> TreeFile::Sync() { return SyncFile({*calls_, file_, path_}); }

}  // namespace sluice::audit

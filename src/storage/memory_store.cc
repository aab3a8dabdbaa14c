#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "storage/object_store.h"

namespace sluice::storage {
namespace {

constexpr char kAfterSlash = '/' + 1;

struct StoredObject {
  std::shared_ptr<const std::string> bytes;  // Shared with those who read it.
  SystemTime modified_at;
};

class MemoryObject final : public RandomAccessObject {
 public:
  MemoryObject(std::shared_ptr<const std::string> bytes, std::string_view path)
      : bytes_(std::move(bytes)), path_(path) {}

  std::uint64_t size_bytes() const override { return bytes_->size(); }

  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    if (offset > bytes_->size() || out.size() > bytes_->size() - offset) {
      return WithDetail(InvalidArgument("{} is shorter than asked for", NameOf(path_)), path_);
    }
    std::copy_n(bytes_->data() + offset, out.size(), out.data());
    return {};
  }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::string path_;
};

class MemoryStore final : public ObjectStore {
 public:
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  bool is_remote() const override { return false; }

  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    const std::string prefix = Format("{}/", request.directory);
    const std::lock_guard lock(mutex_);
    std::vector<ObjectInfo> infos;
    for (auto next = objects_.upper_bound(Format("{}{}", prefix, request.start_after));
         next != objects_.end() && infos.size() < request.limit; ++next) {
      const std::string_view path = next->first;
      if (!path.starts_with(prefix)) break;
      if (path.find('/', prefix.size()) == std::string_view::npos) {
        infos.push_back(InfoOf(path, next->second));
      }
    }
    return infos;
  }

  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t max_folders) override {
    const std::string prefix = Format("{}/", directory);
    const std::lock_guard lock(mutex_);
    std::set<std::string> names;
    auto next = objects_.upper_bound(prefix);
    while (next != objects_.end() && next->first.starts_with(prefix)) {
      const std::size_t slash = next->first.find('/', prefix.size());
      if (slash == std::string::npos) {
        ++next;
        continue;
      }
      std::string name = next->first.substr(prefix.size(), slash - prefix.size());
      next = objects_.lower_bound(Format("{}{}{}", prefix, name, kAfterSlash));
      if (!name.empty()) names.insert(std::move(name));
      if (names.size() > max_folders) return TooManyFolders(directory, max_folders);
    }
    return std::vector<std::string>(names.begin(), names.end());
  }

  Result<ObjectInfo> Stat(std::string_view path) override {
    const StoredObject object = TRY(Find(path));
    return InfoOf(path, object);
  }

  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) override {
    const StoredObject object = TRY(Find(path));
    if (object.bytes->size() > max_bytes) {
      return WithDetail(TooLarge("{} is longer than {} bytes", NameOf(path), max_bytes),
                        std::string(path));
    }
    return *object.bytes;
  }

  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) override {
    const StoredObject object = TRY(Find(path));
    return std::make_unique<MemoryObject>(object.bytes, path);
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
    StoredObject object = {.bytes = std::make_shared<const std::string>(bytes),
                           .modified_at = clock_.Now()};
    const std::lock_guard lock(mutex_);
    if (!objects_.emplace(path, std::move(object)).second) {
      return WithDetail(AlreadyExists("{} exists already", NameOf(path)), std::string(path));
    }
    return {};
  }

 private:
  static ObjectInfo InfoOf(std::string_view path, const StoredObject& object) {
    return {.name = std::string(NameOf(path)),
            .size_bytes = object.bytes->size(),
            .modified_at = object.modified_at};
  }

  Result<StoredObject> Find(std::string_view path) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(path);
    if (found == objects_.end()) {
      return WithDetail(NotFound("{} does not exist", NameOf(path)), std::string(path));
    }
    return found->second;
  }

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, StoredObject, std::less<>> objects_;  // Guarded by mutex_. By path.
};

}  // namespace

std::unique_ptr<ObjectStore> NewMemoryStore(const Clock& clock) {
  return std::make_unique<MemoryStore>(clock);
}

}  // namespace sluice::storage

#include "storage/object_store.h"

#include <algorithm>
#include <utility>

namespace sluice::storage {
namespace {

class PartOfObject final : public ObjectStream {
 public:
  PartOfObject(std::unique_ptr<RandomAccessObject> object, ByteSpan rest)
      : object_(std::move(object)), rest_(rest) {}

  Result<std::size_t> Read(std::span<char> out) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), rest_.length));
    TRY(object_->ReadAt(rest_.offset, out.first(count)));
    rest_.offset += count;
    rest_.length -= count;
    return count;
  }

 private:
  const std::unique_ptr<RandomAccessObject> object_;
  ByteSpan rest_;
};

}  // namespace

bool IsSameObject(const ObjectInfo& a, const ObjectInfo& b) {
  if (!a.etag.empty() && !b.etag.empty()) return a.etag == b.etag;
  return a.size_bytes == b.size_bytes && a.modified_at == b.modified_at;
}

Result<std::unique_ptr<ObjectStream>> StreamOf(std::unique_ptr<RandomAccessObject> object,
                                               ByteSpan span) {
  const std::uint64_t size_bytes = object->size_bytes();
  if (span.offset > size_bytes || span.length > size_bytes - span.offset) {
    return InvalidArgument("the object is shorter than asked for");
  }
  return std::make_unique<PartOfObject>(std::move(object), span);
}

Error TooManyFolders(std::string_view directory, std::size_t max_folders) {
  return WithDetail(TooLarge("{} holds more than {} folders", NameOf(directory), max_folders),
                    std::string(directory));
}

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace sluice::storage

#include "storage/azure/container.h"

#include <utility>

#include "base/encoding.h"
#include "storage/object_store.h"

namespace sluice::storage::azure {

Container::Container(std::shared_ptr<BlobService> service, std::string path, std::string_view name)
    : service_(std::move(service)),
      path_(std::move(path)),
      url_path_("/" + PercentEncode(name, "$")) {}

Result<std::string_view> Container::KeyOf(std::string_view path) const {
  if (path == path_) return std::string_view();
  if (!path.starts_with(path_) || path[path_.size()] != '/') {
    return WithDetail(InvalidArgument("{} is not in this container", NameOf(path)),
                      std::string(path));
  }
  return path.substr(path_.size() + 1);
}

Result<std::string_view> Container::BlobKeyOf(std::string_view path) const {
  const std::string_view key = TRY(KeyOf(path));
  if (key.empty()) return WithDetail(NotFound("a container is no blob"), std::string(path));
  return key;
}

std::string Container::UrlPathOf(std::string_view key) const {
  std::string path = url_path_ + '/';
  AppendUrlKey(key, path);
  return path;
}

void AppendUrlKey(std::string_view key, std::string& out) { AppendPercentEncoded(key, "/=", out); }

}  // namespace sluice::storage::azure

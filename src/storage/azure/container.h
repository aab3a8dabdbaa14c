#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/azure/blob_service.h"

namespace sluice::storage::azure {

/// A container, its paths and the service that it is in. Immutable.
class Container {
 public:
  /// `path` is canonical: "az://container@account". `name` is that of the container alone.
  Container(std::shared_ptr<BlobService> service, std::string path, std::string_view name);

  BlobService& service() const { return *service_; }
  const std::string& path() const { return path_; }
  /// Below the account's URL, percent-encoded: "/container".
  const std::string& url_path() const { return url_path_; }

  /// The name of the blob at a canonical path; empty for the container itself. Errors:
  /// kInvalidArgument if the path is not in the container.
  Result<std::string_view> KeyOf(std::string_view path) const;
  /// Errors also: kNotFound for the container itself, which is no blob.
  Result<std::string_view> BlobKeyOf(std::string_view path) const;
  /// "/container/name", percent-encoded.
  std::string UrlPathOf(std::string_view key) const;

 private:
  std::shared_ptr<BlobService> service_;
  std::string path_;
  std::string url_path_;
};

/// Appends the name of a blob as it stands in URLs: '/' and '=' are kept, so that partitions stay
/// readable.
void AppendUrlKey(std::string_view key, std::string& out);

}  // namespace sluice::storage::azure

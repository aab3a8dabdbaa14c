#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage {

/// Where a table lies. Its path is canonical, so that places can be compared as text:
///   /data/orders                     "file": a file system of this machine; normalised
///   s3://bucket/key                  also read from s3a: and s3n:
///   gs://bucket/key                  Google Cloud Storage
///   az://container@account/key       Azure, read from abfs(s): and wasb(s): too, whose host is
///                                    account.{dfs,blob}.core.windows.net; that of another cloud
///                                    stays: az://container@account.core.chinacloudapi.cn/key
///   az://container/key               the same in the account that the credentials name
///   https://host:port/key            also http:
/// Keys are as the store has them, not percent-encoded, without a '/' at their end; empty for all
/// of a bucket. What follows another scheme stays as it was given.
struct Location {
  std::string scheme;  ///< "file", "s3", "gs", "az", "http", "https"; others are not served.
  std::string path;

  bool IsLocal() const { return scheme == "file"; }
  /// Whether the scheme is one of a store that is reached over a network.
  bool IsRemote() const;
};

/// Reads an absolute path, a path relative to `base_directory` (itself absolute), a `file:` URI
/// (RFC 8089: no authority or that of this machine; percent-decoded) or a URI of another scheme,
/// whose path is taken as it is spelled, but for http and https, whose is percent-decoded.
/// Errors: kInvalidArgument if `text` is empty, longer than 4,096 bytes, holds a NUL, is a file URI
/// of another machine, or names no bucket or a key with an empty, "." or ".." segment.
Result<Location> ParseLocation(std::string_view text, std::string_view base_directory);

/// The parts of a canonical path of a bucket.
struct BucketPath {
  std::string_view scheme;
  std::string_view bucket;  ///< "bucket", "container@account", "host:port".
  std::string_view key;
};
/// `path` must be that of a remote Location, or lie below it.
BucketPath SplitBucketPath(std::string_view path);

/// Drops empty and "." segments and the trailing '/', and resolves ".." by the text alone; ".." at
/// the root is dropped, as the kernel does. `path` must be absolute.
std::string NormalizePath(std::string_view path);

/// The path inside a `file:` URI, percent-decoded.
/// Errors: kInvalidArgument as for ParseLocation.
Result<std::string> DecodeFileUri(std::string_view uri);

/// The scheme in front of a URI's ':' (RFC 3986, section 3.1), or empty where there is none.
std::string_view UriScheme(std::string_view text);

/// Whether `path` is `directory` or lies below it. Both absolute and normalised.
bool IsWithin(std::string_view path, std::string_view directory);

}  // namespace sluice::storage

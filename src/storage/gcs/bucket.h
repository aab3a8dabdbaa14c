#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "storage/gcs/credentials.h"
#include "storage/requests.h"

namespace sluice::storage::gcs {

/// A request to the JSON API.
struct BucketRequest {
  std::string method = "GET";
  std::string url;
  /// For an object's bytes: "bytes=0-9", or empty for all. They come as they are stored: without
  /// `Accept-Encoding: gzip` the service would unpack those of `Content-Encoding: gzip`.
  bool is_media = false;
  std::string range = {};
  std::string_view body = {};  ///< Must outlive the call.
};

/// One bucket, by the JSON API: where its objects are and how they are asked for. Thread-safe.
/// Source: Cloud Storage JSON API v1.
class Bucket {
 public:
  struct Options {
    std::string base_url;  ///< "https://storage.googleapis.com".
    std::string bucket;
    std::shared_ptr<Requests> requests;
    std::shared_ptr<Credentials> credentials;
  };
  explicit Bucket(Options options) : options_(std::move(options)) {}

  std::string ListUrl(std::string_view query) const;
  std::string ObjectUrl(std::string_view key, std::string_view query) const;
  std::string UploadUrl(std::string_view key) const;  ///< Of an object that must not be there.

  // `path` is what errors name. Errors: kNotFound, kPermissionDenied, kUnavailable; of a
  // condition that did not hold, kAlreadyExists or what PartRefusal() says.

  /// The answer, if it has the status that was hoped for: 206 for a range, else 200. Errors also:
  /// kTooLarge.
  Result<http::ClientResponse> Send(const BucketRequest& request, std::string_view path,
                                    std::uint64_t max_body_bytes) const;
  /// The same up to the end of the headers.
  Result<std::unique_ptr<http::Download>> Start(const BucketRequest& request,
                                                std::string_view path) const;

 private:
  Requests::Make Make(const BucketRequest& request) const;

  const Options options_;
};

}  // namespace sluice::storage::gcs

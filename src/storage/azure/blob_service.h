#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"
#include "storage/azure/authorizer.h"
#include "storage/requests.h"

namespace sluice::storage::azure {

/// The version of the service whose answers are understood.
inline constexpr std::string_view kServiceVersion = "2023-11-03";

/// A request to one account's Blob service.
struct ServiceRequest {
  std::string_view method = "GET";
  std::string path;   ///< Below the account's URL, percent-encoded: "/container/name".
  std::string query;  ///< Encoded, without a '?'.
  http::Headers headers = {};
  std::string_view body = {};
  std::string_view version = kServiceVersion;
  /// What it is for, if that is not what its method does to an object.
  std::optional<Operation> operation = {};
};

/// Sends requests to one account's Blob service, each signed for its moment. One that was refused
/// because the credential has ended, or because this machine's clock is wrong, is sent once more
/// with another credential, or by the service's clock (up to a day from ours). Thread-safe.
class BlobService {
 public:
  struct Parts {
    std::string url;  ///< "https://account.blob.core.windows.net", without a '/' at its end.
    std::unique_ptr<Authorizer> authorizer;
    std::shared_ptr<Requests> requests;
    const Clock& clock;  ///< Must outlive the service.
  };
  explicit BlobService(Parts parts) : parts_(std::move(parts)) {}

  /// Any status is an answer. Errors: those of Requests and of the authorizer, their detail
  /// beginning with `path`.
  Result<http::ClientResponse> Send(const ServiceRequest& request, std::uint64_t max_body_bytes);
  Result<std::unique_ptr<http::Download>> Start(const ServiceRequest& request);

  /// What time it is for the service.
  SystemTime Now() const { return parts_.clock.Now() + clock_offset(); }

 private:
  std::chrono::milliseconds clock_offset() const {
    return std::chrono::milliseconds(clock_offset_ms_.load());
  }
  Result<http::ClientRequest> Make(const ServiceRequest& request) const;
  bool Learn(int status, const http::Headers& headers);
  bool LearnTime(const http::Headers& headers);

  const Parts parts_;
  std::atomic<std::int64_t> clock_offset_ms_{0};  ///< What its clock shows more than ours.
};

/// A header's value; empty if it is not there.
std::string_view HeaderIn(const http::Headers& headers, std::string_view name);

/// What an answer other than the one hoped for means for a reader of `path`: as for StatusError,
/// but that nothing exists already. The detail has the service's error code and its name of the
/// request.
Error RefusalOf(int status, const http::Headers& headers, std::string_view path);

}  // namespace sluice::storage::azure

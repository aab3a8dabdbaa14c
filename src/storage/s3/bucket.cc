#include "storage/s3/bucket.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "crypto/compare.h"
#include "crypto/hash.h"
#include "http/client_target.h"
#include "storage/location.h"
#include "storage/object_store.h"
#include "storage/wire_time.h"

namespace sluice::storage::s3 {
namespace {

constexpr int kMaxCorrections = 3;
constexpr std::size_t kMaxRefusalBytes = 64 << 10;
constexpr std::chrono::hours kMaxClockOffset{24};
constexpr std::chrono::minutes kMinClockCorrection{1};

bool IsSuccess(int status) { return status >= 200 && status < 300; }

std::string HeaderOf(const http::Headers& headers, std::string_view name) {
  const std::string* const value = headers.Find(name);
  return value == nullptr ? "" : *value;
}

Result<std::shared_ptr<const Place>> PlaceIn(const BucketTerms& terms, const std::string& region) {
  const ServiceTerms& service = terms.service;
  const std::string_view bucket = SplitBucketPath(terms.path).bucket;
  auto place = std::make_shared<Place>();
  place->region = region;
  place->address = TRY(AddressOf({.endpoint = service.endpoint,
                                  .region = region,
                                  .bucket = bucket,
                                  .path_style = service.path_style}));
  place->public_address = place->address;
  if (!service.public_endpoint.empty()) {
    place->public_address = TRY(AddressOf({.endpoint = service.public_endpoint,
                                           .region = region,
                                           .bucket = bucket,
                                           .path_style = service.path_style}));
  }
  return place;
}

/// Where a refusal says that the bucket is; empty if it does not.
std::string RegionIn(const http::ClientResponse& refusal, const ErrorAnswer& answer) {
  std::string region = HeaderOf(refusal.headers, "x-amz-bucket-region");
  if (region.empty()) region = answer.region;
  if (region.empty()) region = RegionOfHost(answer.endpoint);
  if (!region.empty()) return region;
  const auto target = http::ParseClientUrl(HeaderOf(refusal.headers, "Location"));
  return target.ok() ? std::string(RegionOfHost(target->host)) : "";
}

Operation OperationOf(const BucketRequest& request) {
  return request.key.empty() ? Operation::kList : ObjectOperation(request.method, request.key);
}

bool IsSame(const Credentials& a, const Credentials& b) {
  return a.access_key_id == b.access_key_id &&
         crypto::ConstantTimeEquals(a.secret_access_key.Reveal(), b.secret_access_key.Reveal()) &&
         crypto::ConstantTimeEquals(a.session_token.Reveal(), b.session_token.Reveal());
}

bool MeansBadCredentials(std::string_view code) {
  constexpr std::string_view kCodes[] = {"ExpiredToken",         "InvalidAccessKeyId",
                                         "InvalidToken",         "SignatureDoesNotMatch",
                                         "TokenRefreshRequired", "XAdminUserNotFound"};
  return std::ranges::find(kCodes, code) != std::end(kCodes);
}

/// Whether a 404 speaks of what was asked for: versitygw's may speak of who asked.
bool IsOfMissingData(const ErrorAnswer& answer) {
  return answer.code.empty() || answer.code.starts_with("NoSuch") || answer.code == "NotFound";
}

/// Reads the rest of a refusal, as far as a log wants it.
http::ClientResponse ReadRefusal(http::Download& download) {
  http::ClientResponse refusal{
      .status = download.status(), .headers = download.headers(), .body = {}};
  refusal.body.resize(kMaxRefusalBytes);
  const auto count = download.Read(refusal.body);
  refusal.body.resize(count.ok() ? *count : 0);
  return refusal;
}

}  // namespace

Bucket::Bucket(BucketTerms terms, Dependencies dependencies, std::shared_ptr<const Place> place)
    : terms_(std::move(terms)),
      requests_(std::move(dependencies.requests)),
      clock_(dependencies.clock),
      credentials_(std::move(dependencies.fetch_credentials), dependencies.clock),
      place_(std::move(place)) {}

Result<std::shared_ptr<Bucket>> Bucket::New(BucketTerms terms, Dependencies dependencies) {
  auto place = TRY(PlaceIn(terms, terms.service.region));
  return std::shared_ptr<Bucket>(
      new Bucket(std::move(terms), std::move(dependencies), std::move(place)));
}

std::shared_ptr<const Place> Bucket::place() const {
  const std::lock_guard lock(mutex_);
  return place_;
}

SystemTime Bucket::Now() const {
  return clock_.Now() + std::chrono::milliseconds(clock_offset_ms_.load());
}

std::string Bucket::PathOf(std::string_view key) const {
  return key.empty() ? terms_.path : Format("{}/{}", terms_.path, key);
}

Result<std::string_view> Bucket::KeyOf(std::string_view path) const {
  if (path == terms_.path) return std::string_view();
  if (!path.starts_with(terms_.path) || path[terms_.path.size()] != '/') {
    return WithDetail(InvalidArgument("{} is not in this bucket", NameOf(path)), std::string(path));
  }
  return path.substr(terms_.path.size() + 1);
}

void Bucket::AddHeaders(const BucketRequest& request, http::Headers& headers) const {
  if (terms_.requester_pays) headers.Add("x-amz-request-payer", "requester");
  if (request.key.empty()) return;
  if (request.method == "PUT" && !terms_.kms_key_id.empty()) {
    headers.Add("x-amz-server-side-encryption", "aws:kms");
    headers.Add("x-amz-server-side-encryption-aws-kms-key-id", terms_.kms_key_id);
  }
  if (!terms_.customer_key.empty()) {
    const std::string& key = terms_.customer_key.Reveal();
    headers.Add("x-amz-server-side-encryption-customer-algorithm", "AES256");
    headers.Add("x-amz-server-side-encryption-customer-key", Base64Encode(key));
    headers.Add("x-amz-server-side-encryption-customer-key-MD5",
                Base64Encode(crypto::AsText(crypto::Md5(key))));
  }
}

Result<http::ClientRequest> Bucket::MakeRequest(const BucketRequest& request,
                                                CredentialPointer& used) {
  const std::shared_ptr<const Place> place = this->place();
  std::string path = place->address.base_path + '/';
  AppendEncodedPath(request.key, path);
  const std::string query = CanonicalQuery(request.query);
  http::ClientRequest made{
      .method = std::string(request.method),
      .url = Format("{}{}{}{}", place->address.origin, path, query.empty() ? "" : "?", query),
      .headers = request.headers,
      .body = request.body};
  AddHeaders(request, made.headers);
  if (terms_.is_anonymous) return made;
  used = TRY(credentials_.Get());
  SignHeaders({.method = request.method,
               .host = place->address.host(),
               .path = path,
               .query = query,
               .body = request.body},
              {.credentials = used->value, .region = place->region, .service = "s3", .time = Now()},
              made.headers);
  return made;
}

Result<http::ClientResponse> Bucket::Send(const BucketRequest& request,
                                          std::uint64_t max_body_bytes) {
  CredentialPointer used;
  for (int corrections = 0;; ++corrections) {
    auto response = requests_->Send(
        OperationOf(request), [&] { return MakeRequest(request, used); },
        std::max<std::uint64_t>(max_body_bytes, kMaxRefusalBytes));
    if (!response.ok()) {
      Error error = std::move(response).error();
      error.detail = Format("{}: {}", PathOf(request.key), error.detail);
      return error;
    }
    if (IsSuccess(response->status)) {
      has_succeeded_ = true;
      return response;
    }
    // Most that are asked for in vain are missing: that is believed of a store that knows us.
    const bool is_missing = response->status == 404 && has_succeeded_;
    if (request.method == "HEAD" && !is_missing && response->status < 500) {
      http::ClientResponse why = TRY(AskWhy(request));
      if (IsSuccess(why.status)) return response;
      response = std::move(why);
    }
    if (corrections == kMaxCorrections || !Learn(*response, used)) return response;
  }
}

/// The answer to a HEAD has no body, so that it cannot say why it is a refusal. A GET's can.
Result<http::ClientResponse> Bucket::AskWhy(const BucketRequest& head) {
  BucketRequest get = head;
  get.method = "GET";
  get.headers.Add("Range", "bytes=0-0");
  CredentialPointer used;
  return requests_->Send(
      Operation::kStat, [&] { return MakeRequest(get, used); }, kMaxRefusalBytes);
}

Result<StartedAnswer> Bucket::Start(const BucketRequest& request) {
  CredentialPointer used;
  for (int corrections = 0;; ++corrections) {
    auto download =
        requests_->Start(OperationOf(request), [&] { return MakeRequest(request, used); });
    if (!download.ok()) {
      Error error = std::move(download).error();
      error.detail = Format("{}: {}", PathOf(request.key), error.detail);
      return error;
    }
    if (IsSuccess((*download)->status())) {
      return StartedAnswer{.download = std::move(download).value(), .refusal = {}};
    }
    StartedAnswer answer{.download = nullptr, .refusal = ReadRefusal(**download)};
    download->reset();  // the connection is free for the next attempt
    if (corrections == kMaxCorrections || !Learn(answer.refusal, used)) return answer;
  }
}

/// Whether the request may succeed if it is sent again.
bool Bucket::Learn(const http::ClientResponse& refusal, const CredentialPointer& used) {
  if (refusal.status >= 500 || refusal.status == 412) return false;
  const ErrorAnswer answer = ParseErrorAnswer(refusal.body);
  if (answer.code == "RequestTimeTooSkewed") return LearnTime(refusal);
  if (MeansBadCredentials(answer.code)) return RenewCredentials(used);
  return LearnRegion(refusal, answer);
}

bool Bucket::LearnRegion(const http::ClientResponse& refusal, const ErrorAnswer& answer) {
  const bool is_elsewhere = refusal.status / 100 == 3 || refusal.status == 400;
  const std::string region = is_elsewhere ? RegionIn(refusal, answer) : "";
  if (region.empty() || region == place()->region) return false;
  auto place = PlaceIn(terms_, region);
  if (!place.ok()) return false;
  const std::lock_guard lock(mutex_);
  place_ = std::move(place).value();
  return true;
}

bool Bucket::LearnTime(const http::ClientResponse& refusal) {
  const auto date = ParseHttpDate(HeaderOf(refusal.headers, "Date"));
  if (!date.ok()) return false;
  const auto offset = *date - clock_.Now();
  const auto change = offset - std::chrono::milliseconds(clock_offset_ms_.load());
  if (std::chrono::abs(offset) > kMaxClockOffset) return false;
  if (std::chrono::abs(change) < kMinClockCorrection) return false;
  clock_offset_ms_ = offset.count();
  return true;
}

bool Bucket::RenewCredentials(const CredentialPointer& used) {
  if (!used) return false;
  credentials_.Drop(used);
  const auto next = credentials_.Get();
  return next.ok() && !IsSame((*next)->value, used->value);
}

Error Bucket::RefusalError(const http::ClientResponse& refusal, std::string_view key) const {
  const ErrorAnswer answer = ParseErrorAnswer(refusal.body);
  std::string detail = Format("{}: {}", answer.code, answer.message);
  const std::string request_id = HeaderOf(refusal.headers, "x-amz-request-id");
  if (!request_id.empty()) detail += ", request " + request_id;
  if (refusal.status / 100 == 3) {
    detail += ", redirected to " + HeaderOf(refusal.headers, "Location");
  }
  const auto date = ParseHttpDate(HeaderOf(refusal.headers, "Date"));
  if (answer.code == "RequestTimeTooSkewed" && date.ok()) {
    const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(clock_.Now() - *date);
    detail += Format(", this machine's clock is {} s ahead of the store's", ahead.count());
  }
  const bool is_other = refusal.status == 404 && !IsOfMissingData(answer);
  return StatusError(is_other ? 403 : refusal.status, PathOf(key), std::move(detail));
}

}  // namespace sluice::storage::s3

#include "storage/s3/s3_store.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "crypto/random.h"
#include "storage/object_parts.h"

namespace sluice::storage::s3 {
namespace {

constexpr std::size_t kMaxKeysOfPage = 1000;    // S3's own bound
constexpr std::size_t kMaxListBytes = 8 << 20;  // 1,000 keys of 1,024 bytes, encoded, and the rest
constexpr int kMaxPages = 1000;
// Between two attempts to put what another is putting: 0.6 s in all.
constexpr std::chrono::milliseconds kFirstPutPause{20};
constexpr std::chrono::milliseconds kLastPutPause{320};

// Tells an object that we put from one that another put at the same time.
constexpr char kWriterHeader[] = "x-amz-meta-sluice-writer";

bool IsSuccess(int status) { return status >= 200 && status < 300; }

std::string EtagOf(const http::Headers& headers) {
  const std::string etag = PartSource::PlainEtag(headers);
  return etag.empty() ? etag : QuotedEtag(etag);
}

/// How parts of one object are asked for.
class Parts {
 public:
  Parts(std::shared_ptr<Bucket> bucket, std::string_view path, const ObjectInfo& info)
      : bucket_(std::move(bucket)), path_(path), etag_(info.etag) {}

  Result<http::ClientResponse> Send(ByteSpan span) const {
    const BucketRequest request = TRY(RequestFor(span));
    http::ClientResponse answer = TRY(bucket_->Send(request, span.length));
    if (!IsSuccess(answer.status)) return RefusalOf(answer, request.key);
    return answer;
  }

  Result<std::unique_ptr<http::Download>> Start(ByteSpan span) const {
    const BucketRequest request = TRY(RequestFor(span));
    StartedAnswer answer = TRY(bucket_->Start(request));
    if (answer.download == nullptr) return RefusalOf(answer.refusal, request.key);
    return std::move(answer.download);
  }

 private:
  Result<BucketRequest> RequestFor(ByteSpan span) const {
    BucketRequest request;
    request.key = TRY(bucket_->KeyOf(path_));
    request.headers.Add("Range", RangeOf(span));
    if (!etag_.empty()) request.headers.Add("If-Match", etag_);
    return request;
  }

  Error RefusalOf(const http::ClientResponse& refusal, std::string_view key) const {
    return PartRefusal(refusal.status, path_, bucket_->RefusalError(refusal, key));
  }

  const std::shared_ptr<Bucket> bucket_;
  const std::string path_;
  const std::string etag_;
};

class S3Store final : public ObjectStore {
 public:
  explicit S3Store(std::shared_ptr<Bucket> bucket) : bucket_(std::move(bucket)) {}

  bool is_remote() const override { return true; }

  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override;
  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t max_folders) override;
  Result<ObjectInfo> Stat(std::string_view path) override;
  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) override;
  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) override;
  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path, const ObjectInfo& info,
                                                   ByteSpan span) override;
  Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) override;

 private:
  PartSource SourceOf(std::string_view path, const ObjectInfo& info) const;
  Result<std::string_view> ObjectKeyOf(std::string_view path) const;
  Result<http::ClientResponse> Head(std::string_view key);
  /// Hands the pages of a list to `take`, until that wants no more.
  Result<void> ReadPages(const ListRequest& request, bool is_of_folders,
                         const std::function<bool(ListAnswer& page)>& take);
  Result<ListAnswer> ListPage(const Parameters& query, const ListTerms& terms);
  Error PutRefusal(const http::ClientResponse& answer, std::string_view key) const;
  Result<std::optional<std::string>> FindWriter(std::string_view key);

  const std::shared_ptr<Bucket> bucket_;
};

/// Errors also: kNotFound for the bucket itself, which is no object.
Result<std::string_view> S3Store::ObjectKeyOf(std::string_view path) const {
  const std::string_view key = TRY(bucket_->KeyOf(path));
  if (key.empty()) return WithDetail(NotFound("a bucket is no object"), std::string(path));
  return key;
}

Result<ListAnswer> S3Store::ListPage(const Parameters& query, const ListTerms& terms) {
  const std::string_view directory = terms.prefix.substr(0, terms.prefix.rfind('/'));
  auto answer = bucket_->Send({.query = query}, kMaxListBytes);
  if (!answer.ok()) return ListError(std::move(answer).error(), bucket_->PathOf(directory));
  if (!IsSuccess(answer->status)) return bucket_->RefusalError(*answer, directory);
  auto page = ParseListAnswer(answer->body, terms);
  if (page.ok()) return page;
  Error error = std::move(page).error();
  error.detail = Format("{}: {}", bucket_->PathOf(directory), error.detail);
  return error;
}

Result<void> S3Store::ReadPages(const ListRequest& request, bool is_of_folders,
                                const std::function<bool(ListAnswer& page)>& take) {
  std::string prefix(TRY(bucket_->KeyOf(request.directory)));
  if (!prefix.empty()) prefix += '/';
  std::string after;
  if (!request.start_after.empty()) after = Format("{}{}", prefix, request.start_after);

  Parameters query = {{"list-type", "2"},
                      {"prefix", prefix},
                      {"delimiter", "/"},
                      {"encoding-type", "url"},
                      {"max-keys", Format("{}", std::min(request.limit, kMaxKeysOfPage))}};
  const std::size_t common = query.size();
  if (!after.empty()) query.emplace_back("start-after", after);
  // A page may hold fewer objects than asked for, or none: directories count as keys.
  for (int pages = 0; pages < kMaxPages; ++pages) {
    ListAnswer page =
        TRY(ListPage(query, {.prefix = prefix, .after = after, .is_of_folders = is_of_folders}));
    if (!take(page) || page.next_token.empty()) return {};
    query.resize(common);
    query.emplace_back("continuation-token", std::move(page.next_token));
    if (!page.last_key.empty()) after = std::move(page.last_key);
  }
  return WithDetail(Unavailable("the store's list does not end"), std::string(request.directory));
}

Result<std::vector<ObjectInfo>> S3Store::List(const ListRequest& request) {
  std::vector<ObjectInfo> objects;
  if (request.limit == 0) return objects;
  TRY(ReadPages(request, /*is_of_folders=*/false, [&](ListAnswer& page) {
    std::ranges::move(page.objects, std::back_inserter(objects));
    return objects.size() < request.limit;
  }));
  if (objects.size() > request.limit) objects.resize(request.limit);
  return objects;
}

Result<std::vector<std::string>> S3Store::ListFolders(std::string_view directory,
                                                      std::size_t max_folders) {
  std::set<std::string> names;
  const ListRequest request = {.directory = directory, .start_after = ""};
  TRY(ReadPages(request, /*is_of_folders=*/true, [&](ListAnswer& page) {
    std::ranges::move(page.folders, std::inserter(names, names.end()));
    return names.size() <= max_folders;
  }));
  if (names.size() > max_folders) return TooManyFolders(directory, max_folders);
  return std::vector<std::string>(names.begin(), names.end());
}

Result<http::ClientResponse> S3Store::Head(std::string_view key) {
  http::ClientResponse answer = TRY(bucket_->Send({.method = "HEAD", .key = key}, 0));
  if (!IsSuccess(answer.status)) return bucket_->RefusalError(answer, key);
  return answer;
}

Result<ObjectInfo> S3Store::Stat(std::string_view path) {
  const std::string_view key = TRY(ObjectKeyOf(path));
  const http::ClientResponse answer = TRY(Head(key));
  ObjectInfo info = TRY(InfoFromHeaders(answer.headers, path));
  info.etag = EtagOf(answer.headers);
  return info;
}

Result<std::string> S3Store::ReadAll(std::string_view path, std::uint64_t max_bytes) {
  const std::string_view key = TRY(ObjectKeyOf(path));
  const auto too_large = [&] {
    return WithDetail(TooLarge("{} is longer than {} bytes", NameOf(path), max_bytes),
                      std::string(path));
  };
  auto answer = bucket_->Send({.key = key}, max_bytes);
  if (!answer.ok() && answer.error().code == ErrorCode::kTooLarge) return too_large();
  if (!answer.ok()) return std::move(answer).error();
  if (!IsSuccess(answer->status)) return bucket_->RefusalError(*answer, key);
  if (answer->body.size() > max_bytes) return too_large();
  const auto info = InfoFromHeaders(answer->headers, path);
  if (info.ok() && info->size_bytes != answer->body.size()) {
    return WithDetail(Unavailable("{} was cut short", NameOf(path)), std::string(path));
  }
  return std::move(answer->body);
}

Result<std::unique_ptr<RandomAccessObject>> S3Store::Open(std::string_view path) {
  const ObjectInfo info = TRY(Stat(path));
  return NewPartReader(SourceOf(path, info));
}

Result<std::unique_ptr<ObjectStream>> S3Store::OpenStream(std::string_view path,
                                                          const ObjectInfo& info, ByteSpan span) {
  TRY(ObjectKeyOf(path));
  return StartPartStream(SourceOf(path, info), span);
}

PartSource S3Store::SourceOf(std::string_view path, const ObjectInfo& info) const {
  const auto parts = std::make_shared<const Parts>(bucket_, path, info);
  return {.path = std::string(path),
          .info = info,
          .send = [parts](ByteSpan span) { return parts->Send(span); },
          .start = [parts](ByteSpan span) { return parts->Start(span); },
          .etag_of = &EtagOf};
}

Result<void> S3Store::PutIfAbsent(std::string_view path, std::string_view bytes) {
  const std::string_view key = TRY(ObjectKeyOf(path));
  const std::string writer = crypto::RandomToken(16);
  BucketRequest request{.method = "PUT", .key = key, .body = bytes};
  request.headers.Add("If-None-Match", "*");
  request.headers.Add(kWriterHeader, writer);
  for (std::chrono::milliseconds pause = kFirstPutPause; pause <= kLastPutPause; pause *= 2) {
    const http::ClientResponse answer = TRY(bucket_->Send(request, 0));
    if (IsSuccess(answer.status)) return {};
    if (answer.status != 409 && answer.status != 412) return PutRefusal(answer, key);
    const std::optional<std::string> found = TRY(FindWriter(key));
    if (found == writer) return {};  // the answer that said so was lost, and it was put again
    if (found)
      return WithDetail(AlreadyExists("{} exists already", NameOf(path)), std::string(path));
    std::this_thread::sleep_for(pause);  // another is putting it, and may yet fail
  }
  return WithDetail(Unavailable("{} was put by another, who gave up", NameOf(path)),
                    std::string(path));
}

Error S3Store::PutRefusal(const http::ClientResponse& answer, std::string_view key) const {
  Error error = bucket_->RefusalError(answer, key);
  if (answer.status != 501) return error;
  return WithDetail(Unsupported("the store cannot put an object without replacing another"),
                    std::move(error.detail));
}

/// Who put the object, "" if they did not say; none if there is none.
Result<std::optional<std::string>> S3Store::FindWriter(std::string_view key) {
  const auto answer = Head(key);
  if (!answer.ok() && answer.error().code == ErrorCode::kNotFound) {
    return std::optional<std::string>();
  }
  if (!answer.ok()) return answer.error();
  const std::string* const writer = answer->headers.Find(kWriterHeader);
  return std::optional(writer == nullptr ? std::string() : *writer);
}

}  // namespace

std::unique_ptr<ObjectStore> NewObjectStore(std::shared_ptr<Bucket> bucket) {
  return std::make_unique<S3Store>(std::move(bucket));
}

}  // namespace sluice::storage::s3

#include "storage/gcs/gcs_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/encoding.h"
#include "storage/gcs/answers.h"
#include "storage/location.h"
#include "storage/object_parts.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::size_t kMaxListedAtOnce = 1000;
/// Of one list: those of folders alone are among them.
constexpr int kMaxPages = 1000;
constexpr std::size_t kMaxObjectAnswerBytes = 1 << 20;

Error Replaced(std::string_view path) {
  return WithDetail(Unavailable("{} was replaced", NameOf(path)), std::string(path));
}

/// How the service names the bytes of an answer, as its lists do.
std::string EtagIn(const http::Headers& headers) {
  const std::string* const generation = headers.Find("X-Goog-Generation");
  return generation == nullptr ? "" : EtagOf(*generation);
}

/// A list that is gathered page by page; mostly there is one.
class ListProgress {
 public:
  explicit ListProgress(const ListRequest& request) : limit_(request.limit) {
    const std::string_view folder = SplitBucketPath(request.directory).key;
    if (!folder.empty()) prefix_ = Format("{}/", folder);
    if (!request.start_after.empty()) last_ = Format("{}{}", prefix_, request.start_after);
    // The service's offset is inclusive, so that one more is asked for.
    const std::size_t extra = last_.empty() ? 0 : 1;
    const std::size_t count =
        std::min(std::min(request.limit, kMaxListedAtOnce) + extra, kMaxListedAtOnce);
    query_ = Format(
        "delimiter=%2F&prefix={}&startOffset={}&maxResults={}"
        "&fields=items(name,size,updated,generation),nextPageToken",
        PercentEncode(prefix_), PercentEncode(last_), count);
    is_at_end_ = limit_ == 0;
  }

  bool is_done() const { return is_at_end_ || objects_.size() >= limit_; }

  std::string NextQuery() const {
    if (page_token_.empty()) return query_;
    return Format("{}&pageToken={}", query_, PercentEncode(page_token_));
  }

  /// Errors: those of ParseObjectList.
  Result<void> Add(std::string_view body) {
    ObjectList page = TRY(ParseObjectList(body, {.prefix = prefix_, .start_after = last_}));
    if (!page.objects.empty()) last_ = Format("{}{}", prefix_, page.objects.back().name);
    std::ranges::move(page.objects, std::back_inserter(objects_));
    page_token_ = std::move(page.next_page_token);
    is_at_end_ = page_token_.empty();
    return {};
  }

  std::vector<ObjectInfo> TakeObjects() {
    if (objects_.size() > limit_) objects_.resize(limit_);
    return std::move(objects_);
  }

 private:
  const std::size_t limit_;
  std::string prefix_;
  std::string last_;  // The whole name that was listed last, or that the list starts after.
  std::string query_;
  std::string page_token_;
  bool is_at_end_ = false;
  std::vector<ObjectInfo> objects_;
};

class GoogleStore final : public ObjectStore {
 public:
  explicit GoogleStore(std::shared_ptr<const Bucket> bucket) : bucket_(std::move(bucket)) {}

  bool is_remote() const override { return true; }

  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    ListProgress progress(request);
    for (int page = 0; page < kMaxPages && !progress.is_done(); ++page) {
      const BucketRequest ask = {.url = bucket_->ListUrl(progress.NextQuery()),
                                 .operation = Operation::kList};
      auto answer = bucket_->Send(ask, request.directory, kMaxAnswerBytes);
      if (!answer.ok()) return ListError(std::move(answer).error(), request.directory);
      const Result<void> added = progress.Add(answer->body);
      if (!added.ok()) return NotUnderstood(request.directory, added.error());
    }
    if (progress.is_done()) return progress.TakeObjects();
    return WithDetail(Unavailable("the list of {} does not end", NameOf(request.directory)),
                      std::string(request.directory));
  }

  Result<ObjectInfo> Stat(std::string_view path) override {
    const std::string_view key = SplitBucketPath(path).key;
    if (key.empty()) return NoObject(path);
    const BucketRequest request = {
        .url = bucket_->ObjectUrl(key, "fields=name,size,updated,generation"),
        .operation = Operation::kStat};
    const http::ClientResponse answer = TRY(bucket_->Send(request, path, kMaxObjectAnswerBytes));
    Result<ObjectInfo> info = ParseObject(answer.body);
    if (!info.ok()) return NotUnderstood(path, info.error());
    if (info->name != key) return WithDetail(Replaced(path), Format("{}: {}", path, info->name));
    info->name = NameOf(path);
    return info;
  }

  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) override {
    const std::string_view key = SplitBucketPath(path).key;
    if (key.empty()) return NoObject(path);
    const BucketRequest request = {.url = bucket_->ObjectUrl(key, "alt=media"),
                                   .is_media = true,
                                   .operation = ObjectOperation("GET", path)};
    http::ClientResponse answer = TRY(bucket_->Send(request, path, max_bytes));
    const std::string* stored = answer.headers.Find("X-Goog-Stored-Content-Length");
    if (stored != nullptr && *stored != Format("{}", answer.body.size())) {
      return WithDetail(Unavailable("{} did not come as it is stored", NameOf(path)),
                        Format("{}: {} bytes of {}", path, answer.body.size(), *stored));
    }
    return std::move(answer.body);
  }

  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) override {
    const ObjectInfo info = TRY(Stat(path));
    return NewPartReader(SourceOf(path, info));
  }

  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path, const ObjectInfo& info,
                                                   ByteSpan span) override {
    if (GenerationOf(info.etag).empty()) return Replaced(path);
    return StartPartStream(SourceOf(path, info), span);
  }

  Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    const std::string_view key = SplitBucketPath(path).key;
    if (key.empty()) return NoObject(path);
    const BucketRequest request = {.method = "POST",
                                   .url = bucket_->UploadUrl(key),
                                   .body = bytes,
                                   .operation = Operation::kWrite};
    TRY(bucket_->Send(request, path, kMaxObjectAnswerBytes));
    return {};
  }

 private:
  PartSource SourceOf(std::string_view path, const ObjectInfo& info) const {
    const auto request_for =
        [bucket = bucket_, path = std::string(path),
         query = Format("alt=media&ifGenerationMatch={}", GenerationOf(info.etag))](ByteSpan span) {
          return BucketRequest{.url = bucket->ObjectUrl(SplitBucketPath(path).key, query),
                               .is_media = true,
                               .range = RangeOf(span),
                               .operation = ObjectOperation("GET", path)};
        };
    return {
        .path = std::string(path),
        .info = info,
        .send = [bucket = bucket_, path = std::string(path), request_for](
                    ByteSpan span) { return bucket->Send(request_for(span), path, span.length); },
        .start = [bucket = bucket_, path = std::string(path),
                  request_for](ByteSpan span) { return bucket->Start(request_for(span), path); },
        .etag_of = &EtagIn};
  }

  static Error NoObject(std::string_view path) {
    return WithDetail(NotFound("{} is not an object", NameOf(path)), std::string(path));
  }

  static Error NotUnderstood(std::string_view path, const Error& error) {
    return WithDetail(error, Format("{}: {}", path, error.detail));
  }

  const std::shared_ptr<const Bucket> bucket_;
};

}  // namespace

std::unique_ptr<ObjectStore> NewGoogleObjects(std::shared_ptr<const Bucket> bucket) {
  return std::make_unique<GoogleStore>(std::move(bucket));
}

}  // namespace sluice::storage::gcs

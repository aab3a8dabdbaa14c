#include "storage/gcs/gcs_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/encoding.h"
#include "storage/gcs/answers.h"
#include "storage/location.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::size_t kMaxListedAtOnce = 1000;
/// Of one list: those of folders alone are among them.
constexpr int kMaxPages = 1000;
constexpr std::size_t kMaxObjectAnswerBytes = 1 << 20;

Error Replaced(std::string_view path) {
  return WithDetail(Unavailable("{} was replaced", NameOf(path)), std::string(path));
}

Error CutShort(std::string_view path) {
  return WithDetail(Unavailable("{} was cut short", NameOf(path)), std::string(path));
}

Result<void> CheckSpan(std::string_view path, ByteSpan span, std::uint64_t size_bytes) {
  if (span.offset <= size_bytes && span.length <= size_bytes - span.offset) return {};
  return WithDetail(InvalidArgument("{} is shorter than asked for", NameOf(path)),
                    std::string(path));
}

/// An object as it was when somebody looked.
struct PinnedObject {
  std::string path;
  std::string generation;
  std::uint64_t size_bytes = 0;
};

/// The request for a part that is not empty.
BucketRequest PartOf(const PinnedObject& object, ByteSpan span, const Bucket& bucket) {
  const std::string query = Format("alt=media&ifGenerationMatch={}", object.generation);
  return {.url = bucket.ObjectUrl(SplitBucketPath(object.path).key, query),
          .is_media = true,
          .range = Format("bytes={}-{}", span.offset, span.offset + span.length - 1)};
}

/// Whether an answer of status 206 is of the part asked for, of these very bytes. An emulator may
/// look at no condition, but says what it gives.
Result<void> CheckPart(const http::Headers& headers, const PinnedObject& object, ByteSpan span) {
  const std::string* generation = headers.Find("X-Goog-Generation");
  if (generation != nullptr && *generation != object.generation) return Replaced(object.path);
  const std::string* range = headers.Find("Content-Range");
  const std::string expected =
      Format("bytes {}-{}/{}", span.offset, span.offset + span.length - 1, object.size_bytes);
  if (range == nullptr || *range != expected) return Replaced(object.path);
  return {};
}

/// What a refusal means for an object that was there: 412, or 416 if it is shorter now.
Error PartError(Error error, const PinnedObject& object) {
  if (error.code != ErrorCode::kAlreadyExists) return error;
  return Replaced(object.path);
}

class GoogleObject final : public RandomAccessObject {
 public:
  GoogleObject(std::shared_ptr<const Bucket> bucket, PinnedObject object)
      : bucket_(std::move(bucket)), object_(std::move(object)) {}

  std::uint64_t size_bytes() const override { return object_.size_bytes; }

  Result<void> ReadAt(std::uint64_t offset, std::span<char> out) const override {
    const ByteSpan span = {.offset = offset, .length = out.size()};
    TRY(CheckSpan(object_.path, span, object_.size_bytes));
    if (out.empty()) return {};
    Result<http::ClientResponse> part =
        bucket_->Send(PartOf(object_, span, *bucket_), object_.path, out.size());
    if (!part.ok()) {
      const ErrorCode code = part.error().code;
      if (code == ErrorCode::kTooLarge || code == ErrorCode::kNotFound) {
        return Replaced(object_.path);
      }
      return PartError(std::move(part).error(), object_);
    }
    TRY(CheckPart(part->headers, object_, span));
    if (part->body.size() != out.size()) return CutShort(object_.path);
    std::ranges::copy(part->body, out.begin());
    return {};
  }

 private:
  const std::shared_ptr<const Bucket> bucket_;
  const PinnedObject object_;
};

class GoogleStream final : public ObjectStream {
 public:
  GoogleStream(std::unique_ptr<http::Download> download, std::uint64_t length, std::string path)
      : download_(std::move(download)), left_(length), path_(std::move(path)) {}

  Result<std::size_t> Read(std::span<char> out) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    if (wanted == 0) return std::size_t{0};
    const Result<std::size_t> count = download_->Read(out.first(wanted));
    if (!count.ok()) {
      return WithDetail(Unavailable("{} was cut short", NameOf(path_)),
                        Format("{}: {}", path_, count.error().ToString()));
    }
    if (*count != wanted) return CutShort(path_);
    left_ -= wanted;
    return wanted;
  }

 private:
  const std::unique_ptr<http::Download> download_;  // nullptr if there is nothing to read.
  std::uint64_t left_;
  const std::string path_;
};

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
      const BucketRequest ask = {.url = bucket_->ListUrl(progress.NextQuery())};
      const http::ClientResponse answer =
          TRY(bucket_->Send(ask, request.directory, kMaxAnswerBytes));
      const Result<void> added = progress.Add(answer.body);
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
        .url = bucket_->ObjectUrl(key, "fields=name,size,updated,generation")};
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
    const BucketRequest request = {.url = bucket_->ObjectUrl(key, "alt=media"), .is_media = true};
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
    return std::make_unique<GoogleObject>(bucket_, Pin(path, info));
  }

  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path, const ObjectInfo& info,
                                                   ByteSpan span) override {
    const PinnedObject object = Pin(path, info);
    if (object.generation.empty()) return Replaced(path);
    TRY(CheckSpan(path, span, info.size_bytes));
    if (span.length == 0) return std::make_unique<GoogleStream>(nullptr, 0, object.path);
    Result<std::unique_ptr<http::Download>> download =
        bucket_->Start(PartOf(object, span, *bucket_), path);
    if (!download.ok()) return PartError(std::move(download).error(), object);
    TRY(CheckPart((*download)->headers(), object, span));
    return std::make_unique<GoogleStream>(std::move(download).value(), span.length, object.path);
  }

  Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    const std::string_view key = SplitBucketPath(path).key;
    if (key.empty()) return NoObject(path);
    const BucketRequest request = {.method = "POST", .url = bucket_->UploadUrl(key), .body = bytes};
    TRY(bucket_->Send(request, path, kMaxObjectAnswerBytes));
    return {};
  }

 private:
  static PinnedObject Pin(std::string_view path, const ObjectInfo& info) {
    return {.path = std::string(path),
            .generation = std::string(GenerationOf(info.etag)),
            .size_bytes = info.size_bytes};
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

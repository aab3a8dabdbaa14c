#include "storage/gcs/gcs_store.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
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

/// The names of a directory's objects begin so.
std::string PrefixOf(std::string_view directory) {
  const std::string_view folder = SplitBucketPath(directory).key;
  return folder.empty() ? "" : Format("{}/", folder);
}

class GoogleStore final : public ObjectStore {
 public:
  explicit GoogleStore(std::shared_ptr<const Bucket> bucket) : bucket_(std::move(bucket)) {}

  bool is_remote() const override { return true; }

  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    std::vector<ObjectInfo> objects;
    if (request.limit == 0) return objects;
    const std::string prefix = PrefixOf(request.directory);
    // The whole name that was listed last, or that the list starts after.
    std::string last =
        request.start_after.empty() ? "" : Format("{}{}", prefix, request.start_after);
    // The service's offset is inclusive, so that one more is asked for.
    const std::size_t extra = last.empty() ? 0 : 1;
    const std::size_t count =
        std::min(std::min(request.limit, kMaxListedAtOnce) + extra, kMaxListedAtOnce);
    const std::string query = Format(
        "delimiter=%2F&prefix={}&startOffset={}&maxResults={}"
        "&fields=items(name,size,updated,generation),nextPageToken",
        PercentEncode(prefix), PercentEncode(last), count);
    const TakePage take = [&](std::string_view body) -> Result<std::string> {
      ObjectList page = TRY(ParseObjectList(body, {.prefix = prefix, .start_after = last}));
      if (!page.objects.empty()) last = Format("{}{}", prefix, page.objects.back().name);
      std::ranges::move(page.objects, std::back_inserter(objects));
      return objects.size() >= request.limit ? "" : page.next_page_token;
    };
    TRY(ReadPages(request.directory, query, take));
    if (objects.size() > request.limit) objects.resize(request.limit);
    return objects;
  }

  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t max_folders) override {
    const std::string prefix = PrefixOf(directory);
    const std::string query =
        Format("delimiter=%2F&prefix={}&maxResults={}&fields=prefixes,nextPageToken",
               PercentEncode(prefix), kMaxListedAtOnce);
    std::set<std::string> names;
    const TakePage take = [&](std::string_view body) -> Result<std::string> {
      FolderList page = TRY(ParseFolderList(body, prefix));
      std::ranges::move(page.folders, std::inserter(names, names.end()));
      return names.size() > max_folders ? "" : page.next_page_token;
    };
    TRY(ReadPages(directory, query, take));
    if (names.size() > max_folders) return TooManyFolders(directory, max_folders);
    return std::vector<std::string>(names.begin(), names.end());
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
  /// Reads a page and gives the token of the next: empty if no more is wanted.
  using TakePage = std::function<Result<std::string>(std::string_view body)>;

  Result<void> ReadPages(std::string_view directory, const std::string& query,
                         const TakePage& take) {
    std::string token;
    for (int page = 0; page < kMaxPages; ++page) {
      const BucketRequest ask = {
          .url = bucket_->ListUrl(
              token.empty() ? query : Format("{}&pageToken={}", query, PercentEncode(token))),
          .operation = Operation::kList};
      auto answer = bucket_->Send(ask, directory, kMaxAnswerBytes);
      if (!answer.ok()) return ListError(std::move(answer).error(), directory);
      auto next = take(answer->body);
      if (!next.ok()) return NotUnderstood(directory, next.error());
      if (next->empty()) return {};
      token = std::move(*next);
    }
    return WithDetail(Unavailable("the list of {} does not end", NameOf(directory)),
                      std::string(directory));
  }

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

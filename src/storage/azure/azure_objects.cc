#include "storage/azure/azure_objects.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "crypto/random.h"
#include "storage/azure/lister.h"
#include "storage/object_parts.h"

namespace sluice::storage::azure {
namespace {

// A refusal's body is not read, but must not fail for its size either.
constexpr std::uint64_t kMaxRefusalBytes = 64 << 10;

// Tells a blob that we put from one that another put at the same time.
constexpr char kWriterHeader[] = "x-ms-meta-sluicewriter";

bool IsSuccess(int status) { return status / 100 == 2; }

bool IsDirectory(const http::Headers& headers) {
  return HeaderIn(headers, "x-ms-resource-type") == "directory" ||
         EqualsIgnoringAsciiCase(HeaderIn(headers, "x-ms-meta-hdi_isfolder"), "true");
}

Error NotABlob(std::string_view path) {
  return WithDetail(NotFound("{} is a directory", NameOf(path)), std::string(path));
}

class AzureObjects final : public ObjectStore {
 public:
  explicit AzureObjects(std::shared_ptr<const Container> container)
      : container_(container), lister_(std::move(container)) {}

  bool is_remote() const override { return true; }

  Result<std::vector<ObjectInfo>> List(const ListRequest& request) override {
    return lister_.List(request);
  }

  Result<std::vector<std::string>> ListFolders(std::string_view directory,
                                               std::size_t max_folders) override {
    return lister_.ListFolders(directory, max_folders);
  }

  Result<ObjectInfo> Stat(std::string_view path) override {
    const http::ClientResponse answer = TRY(Head(path));
    if (IsDirectory(answer.headers)) return NotABlob(path);
    ObjectInfo info = TRY(InfoFromHeaders(answer.headers, path));
    if (info.modified_at != SystemTime()) return info;
    return WithDetail(Unavailable("the store does not describe {}", NameOf(path)),
                      std::string(path));
  }

  Result<std::string> ReadAll(std::string_view path, std::uint64_t max_bytes) override {
    const ServiceRequest request = TRY(RequestFor(path));
    const auto too_large = [&] {
      return WithDetail(TooLarge("{} is longer than {} bytes", NameOf(path), max_bytes),
                        std::string(path));
    };
    auto answer = container_->service().Send(request, std::max(max_bytes, kMaxRefusalBytes));
    if (!answer.ok() && answer.error().code == ErrorCode::kTooLarge) return too_large();
    if (!answer.ok()) return std::move(answer).error();
    if (answer->status != 200) return RefusalOf(answer->status, answer->headers, path);
    if (IsDirectory(answer->headers)) return NotABlob(path);
    if (answer->body.size() > max_bytes) return too_large();
    return std::move(answer->body);
  }

  Result<std::unique_ptr<RandomAccessObject>> Open(std::string_view path) override {
    const ObjectInfo info = TRY(Stat(path));
    return NewPartReader(SourceOf(path, info));
  }

  Result<std::unique_ptr<ObjectStream>> OpenStream(std::string_view path, const ObjectInfo& info,
                                                   ByteSpan span) override {
    TRY(container_->BlobKeyOf(path));
    return StartPartStream(SourceOf(path, info), span);
  }

  Result<void> PutIfAbsent(std::string_view path, std::string_view bytes) override {
    ServiceRequest request = TRY(RequestFor(path));
    const std::string writer = crypto::RandomToken(16);
    request.method = "PUT";
    request.body = bytes;
    request.headers.Add("Content-Type", "application/octet-stream");
    request.headers.Add("If-None-Match", "*");
    request.headers.Add("x-ms-blob-type", "BlockBlob");
    request.headers.Add(kWriterHeader, writer);
    const http::ClientResponse answer = TRY(container_->service().Send(request, kMaxRefusalBytes));
    if (answer.status == 201) return {};
    const bool exists =
        HeaderIn(answer.headers, "x-ms-error-code") == "BlobAlreadyExists" || answer.status == 412;
    if (exists) return FindWhoPut(path, writer);
    return RefusalOf(answer.status, answer.headers, path);
  }

 private:
  Result<ServiceRequest> RequestFor(std::string_view path) const {
    const std::string_view key = TRY(container_->BlobKeyOf(path));
    return ServiceRequest{.path = container_->UrlPathOf(key)};
  }

  Result<http::ClientResponse> Head(std::string_view path) {
    ServiceRequest request = TRY(RequestFor(path));
    request.method = "HEAD";
    http::ClientResponse answer = TRY(container_->service().Send(request, kMaxRefusalBytes));
    if (answer.status != 200) return RefusalOf(answer.status, answer.headers, path);
    return answer;
  }

  /// There is a blob already. It is our own if the store took it and its answer was lost, so that
  /// it was put again.
  Result<void> FindWhoPut(std::string_view path, std::string_view writer) {
    const http::ClientResponse answer = TRY(Head(path));
    if (HeaderIn(answer.headers, kWriterHeader) == writer) return {};
    return WithDetail(AlreadyExists("{} exists already", NameOf(path)), std::string(path));
  }

  PartSource SourceOf(std::string_view path, const ObjectInfo& info) const {
    const auto request_for = [container = container_, info,
                              path = std::string(path)](ByteSpan span) -> Result<ServiceRequest> {
      const std::string_view key = TRY(container->BlobKeyOf(path));
      ServiceRequest request{.path = container->UrlPathOf(key)};
      // Range may be dropped or changed on the way, this cannot.
      request.headers.Add("x-ms-range", RangeOf(span));
      if (!info.etag.empty()) request.headers.Add("If-Match", info.etag);
      return request;
    };
    const auto refusal = [path = std::string(path)](int status, const http::Headers& headers) {
      return PartRefusal(status, path, RefusalOf(status, headers, path));
    };
    return {.path = std::string(path),
            .info = info,
            .send = [container = container_, request_for,
                     refusal](ByteSpan span) -> Result<http::ClientResponse> {
              const ServiceRequest request = TRY(request_for(span));
              auto answer =
                  TRY(container->service().Send(request, std::max(span.length, kMaxRefusalBytes)));
              if (!IsSuccess(answer.status)) return refusal(answer.status, answer.headers);
              return answer;
            },
            .start = [container = container_, request_for,
                      refusal](ByteSpan span) -> Result<std::unique_ptr<http::Download>> {
              const ServiceRequest request = TRY(request_for(span));
              auto answer = TRY(container->service().Start(request));
              if (!IsSuccess(answer->status())) return refusal(answer->status(), answer->headers());
              return answer;
            }};
  }

  const std::shared_ptr<const Container> container_;
  Lister lister_;
};

}  // namespace

std::unique_ptr<ObjectStore> NewAzureObjects(std::shared_ptr<const Container> container) {
  return std::make_unique<AzureObjects>(std::move(container));
}

}  // namespace sluice::storage::azure

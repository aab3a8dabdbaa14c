#pragma once

#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/encoding.h"
#include "crypto/hash.h"
#include "http/server.h"
#include "storage/s3/signature.h"

namespace sluice::storage::s3 {

/// A server on loopback that speaks as much of S3 as the contract of stores needs, with one bucket
/// "lake" and one key. It takes a request only if it comes to the same signature, from what was
/// really received.
class FakeS3 final : public http::Handler {
 public:
  FakeS3() {
    server_ = http::Server::Start({.worker_threads = 2},
                                  {{.address = "127.0.0.1:0", .tls = nullptr}}, *this)
                  .value();
  }
  ~FakeS3() override { server_.reset(); }

  std::string endpoint() const { return "http://" + server_->Addresses().front(); }

  http::Execution ExecutionOf(const http::Request&, std::size_t) const override {
    return http::Execution::kInline;
  }
  void OnFinished(const Outcome&) override {}
  http::Response Refuse(int status, std::string_view message) override {
    return Answer(status, std::string(message));
  }

  http::Response Handle(http::Request& request, std::size_t) override {
    const std::lock_guard lock(mutex_);
    constexpr std::string_view kBucket = "/lake/";
    if (!request.path.starts_with(kBucket)) return Error(404, "NoSuchBucket");
    if (!IsSigned(request)) return Error(403, "SignatureDoesNotMatch");
    const std::string key = PercentDecode(request.path.substr(kBucket.size())).value();
    if (key.empty()) return List(request);
    if (request.method == "PUT") return Put(key, request);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return Error(404, "NoSuchKey");
    return Get(found->second, request);
  }

  static Credentials Key() {
    return {.access_key_id = "AKIAFAKE",
            .secret_access_key = Secret("fake-secret"),
            .session_token = {}};
  }

 private:
  static http::Response Answer(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }
  static http::Response Error(int status, std::string_view code) {
    return Answer(status, Format("<Error><Code>{}</Code></Error>", code));
  }

  static bool IsSigned(const http::Request& request) {
    const std::string* const sent = request.headers.Find("Authorization");
    const std::string* const host = request.headers.Find("Host");
    if (sent == nullptr || host == nullptr) return false;
    const std::size_t names = sent->find("SignedHeaders=") + 14;
    const std::string among = ";" + sent->substr(names, sent->find(',', names) - names) + ";";
    http::Headers headers;
    for (const auto& [name, value] : request.headers.fields()) {
      const std::string lower = AsciiLower(name);
      const bool is_ours =
          lower == "host" || lower == "x-amz-date" || lower == "x-amz-content-sha256";
      if (!is_ours && among.find(";" + lower + ";") != std::string::npos) headers.Add(name, value);
    }
    const std::size_t query = std::min(request.target.find('?') + 1, request.target.size());
    const Credentials key = Key();
    SignHeaders({.method = request.method,
                 .host = *host,
                 .path = request.path,
                 .query = query == 0 ? "" : std::string_view(request.target).substr(query),
                 .body = request.body},
                {.credentials = key, .region = "us-east-1", .service = "s3", .time = Now()},
                headers);
    return *headers.Find("Authorization") == *sent;
  }

  http::Response List(const http::Request& request) const {
    const auto parameter = [&](std::string_view name) {
      const std::string* const value = request.FindQuery(name);
      return value == nullptr ? std::string() : *value;
    };
    const std::string prefix = parameter("prefix");
    const std::string after = std::max(parameter("start-after"), parameter("continuation-token"));
    std::size_t left = static_cast<std::size_t>(std::stoi(parameter("max-keys")));
    std::string inside;
    std::string last;
    for (auto each = objects_.upper_bound(after); each != objects_.end(); ++each) {
      const std::string& key = each->first;
      if (!key.starts_with(prefix)) continue;
      const std::size_t slash = key.find('/', prefix.size());
      const std::string shown = key.substr(0, slash == std::string::npos ? slash : slash + 1);
      const bool is_directory = slash != std::string::npos;
      if (is_directory && (shown == last || after.starts_with(shown))) continue;
      if (left-- == 0) {
        inside += Format(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{}"
            "</NextContinuationToken>",
            last);
        break;
      }
      last = shown;
      inside += is_directory ? Format("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>",
                                      PercentEncode(shown))
                             : Entry(key, each->second.first);
    }
    return Answer(200, Format("<ListBucketResult><EncodingType>url</EncodingType>{}"
                              "</ListBucketResult>",
                              inside));
  }

  static std::string Entry(const std::string& key, const std::string& bytes) {
    return Format(
        "<Contents><Key>{}</Key><LastModified>2026-11-21T10:00:00.500Z</LastModified>"
        "<ETag>{}</ETag><Size>{}</Size></Contents>",
        PercentEncode(key), Etag(bytes), bytes.size());
  }

  static std::string Etag(std::string_view bytes) {
    std::string etag = "\"";
    crypto::AppendMd5Hex(bytes, etag);
    return etag + '"';
  }

  http::Response Put(const std::string& key, const http::Request& request) {
    const std::string* const writer = request.headers.Find("x-amz-meta-sluice-writer");
    const bool is_new =
        objects_.emplace(key, std::pair(request.body, writer == nullptr ? "" : *writer)).second;
    return is_new ? Answer(200, "") : Error(412, "PreconditionFailed");
  }

  static http::Response Get(const std::pair<std::string, std::string>& object,
                            const http::Request& request) {
    const auto& [bytes, writer] = object;
    const std::string* const wanted = request.headers.Find("If-Match");
    if (wanted != nullptr && *wanted != Etag(bytes)) return Error(412, "PreconditionFailed");
    http::Response response = Answer(200, bytes);
    const std::string* const range = request.headers.Find("Range");
    if (range != nullptr) {
      const std::size_t dash = range->find('-');
      const std::size_t first = static_cast<std::size_t>(std::stoi(range->substr(6)));
      const std::size_t last = static_cast<std::size_t>(std::stoi(range->substr(dash + 1)));
      if (last >= bytes.size()) return Error(416, "InvalidRange");
      response = Answer(206, bytes.substr(first, last - first + 1));
      response.headers.Add("Content-Range", Format("bytes {}-{}/{}", first, last, bytes.size()));
    }
    response.headers.Add("ETag", Etag(bytes));
    response.headers.Add("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT");
    response.headers.Add("x-amz-meta-sluice-writer", writer);
    return response;
  }

 public:
  /// The clock of the server; clients must share it.
  static SystemTime Now() { return std::chrono::sys_days{std::chrono::November / 21 / 2026}; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::pair<std::string, std::string>>
      objects_;  ///< Bytes, and who put them.
  std::unique_ptr<http::Server> server_;
};

}  // namespace sluice::storage::s3

#include "storage/gcs/fake_google_test_support.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/rsa.h"
#include "crypto/testing.h"
#include "storage/gcs/testing.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::string_view kObjectPath = "/storage/v1/b/bucket/o";
constexpr std::string_view kUploadPath = "/upload/storage/v1/b/bucket/o";
constexpr std::string_view kMachinePath = "/computeMetadata/v1/instance/service-accounts/default/";

std::string QueryOf(const http::Request& request, std::string_view name) {
  const std::string* value = request.FindQuery(name);
  return value == nullptr ? std::string() : *value;
}

std::string HeaderOf(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.Find(name);
  return value == nullptr ? std::string() : *value;
}

http::Response Text(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain");
  response.body = std::move(body);
  return response;
}

http::Response ErrorResponse(int status, std::string_view message) {
  return JsonResponse(
      status, Format(R"({{"error":{{"code":{},"message":{}}}}})", status, JsonString(message)));
}

/// A range of the one form that the store sends.
struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
};
Range ParseRange(std::string_view text) {
  constexpr std::string_view kUnit = "bytes=";
  Range range;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data() + kUnit.size(), end, range.first);
  std::from_chars(first.ptr + 1, end, range.last);
  return range;
}

/// A form field, decoded.
std::string FieldOf(std::string_view form, std::string_view name) {
  const std::string start = Format("&{}=", name);
  const std::string all = Format("&{}&", form);
  const std::size_t found = all.find(start);
  if (found == std::string::npos) return {};
  const std::size_t from = found + start.size();
  return *PercentDecode(all.substr(from, all.find('&', from) - from));
}

/// Whether a JWT is signed by the test key and claims what `aud` and `scope` say.
bool IsGoodAssertion(const std::string& jwt, std::string_view aud) {
  const std::size_t dot = jwt.rfind('.');
  const auto signature = Base64UrlDecode(jwt.substr(dot + 1));
  const auto claims = Base64UrlDecode(jwt.substr(jwt.find('.') + 1, dot - jwt.find('.') - 1));
  const auto key = crypto::RsaPublicKey::FromPem(crypto::kTestRsaPublicKey);
  return signature.ok() && claims.ok() &&
         key->VerifySha256(std::string_view(jwt).substr(0, dot), *signature) &&
         claims->find(Format(R"("aud":"{}")", aud)) != std::string::npos &&
         claims->find(Format(R"("iss":"{}")", kTestEmail)) != std::string::npos;
}

}  // namespace

http::Response JsonResponse(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json; charset=UTF-8");
  response.body = std::move(body);
  return response;
}

std::shared_ptr<http::Client> LoopbackClient() {
  http::Client::Options options;
  options.private_networks = {"127.0.0.0/8"};
  return http::Client::New(options).value();
}

std::shared_ptr<Requests> FastRequests(ManualClock& clock, const RetryOptions& options) {
  return std::make_shared<Requests>(
      Requests::Dependencies{
          .client = LoopbackClient(),
          .clock = clock,
          .sleep = [&clock](std::chrono::milliseconds delay) { clock.Advance(delay); }},
      options);
}

FakeGoogle::FakeGoogle() {
  server_ = http::Server::Start({.io_threads = 1, .worker_threads = 1},
                                {{.address = "127.0.0.1:0", .tls = nullptr}}, *this)
                .value();
}

FakeGoogle::~FakeGoogle() { server_.reset(); }

std::string FakeGoogle::url() const { return Format("http://{}", address()); }

void FakeGoogle::Put(const std::string& name, Object object) {
  const std::lock_guard lock(mutex_);
  objects_[name] = std::move(object);
}

void FakeGoogle::Remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  objects_.erase(name);
}

std::vector<FakeGoogle::Seen> FakeGoogle::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

int FakeGoogle::CountOf(std::string_view part) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::ranges::count_if(
      seen_, [&](const Seen& seen) { return seen.target.find(part) != std::string::npos; }));
}

void FakeGoogle::SetIntercept(Intercept intercept) {
  const std::lock_guard lock(mutex_);
  intercept_ = std::move(intercept);
}

void FakeGoogle::Demand(std::string authorization) {
  const std::lock_guard lock(mutex_);
  authorization_ = std::move(authorization);
}

void FakeGoogle::GiveToken(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

http::Response FakeGoogle::Refuse(int status, std::string_view message) {
  return Text(status, std::string(message));
}

http::Response FakeGoogle::Handle(http::Request& request, std::size_t) {
  const std::lock_guard lock(mutex_);
  seen_.push_back({.method = request.method,
                   .target = request.target,
                   .body = request.body,
                   .headers = request.headers});
  if (intercept_) {
    std::optional<http::Response> response = intercept_(request);
    if (response) return std::move(*response);
  }
  return Answer(request);
}

http::Response FakeGoogle::Answer(const http::Request& request) {
  const std::string_view path = request.path;
  if (path.starts_with(kMachinePath)) {
    if (HeaderOf(request, "Metadata-Flavor") != "Google") return Text(403, "no flavor");
    http::Response response =
        path.ends_with("/email") ? Text(200, Format("{}\n", kTestEmail)) : Token(request);
    response.headers.Add("Metadata-Flavor", "Google");
    return response;
  }
  if (path == "/token" || path == "/v1/token") return Token(request);
  if (path.ends_with(":signBlob")) return SignBlob(request);
  if (!authorization_.empty() && HeaderOf(request, "Authorization") != authorization_) {
    return ErrorResponse(401, "Invalid Credentials");
  }
  if (path == kUploadPath && request.method == "POST") return Insert(request);
  if (path == kObjectPath) return List(request);
  if (path.starts_with(kObjectPath)) {
    return Get(request, *PercentDecode(path.substr(kObjectPath.size() + 1)));
  }
  return ErrorResponse(404, "The specified bucket does not exist.");
}

std::string FakeGoogle::Describe(const std::string& name, const Object& object) const {
  return Format(
      R"({{"name":{},"size":"{}","updated":"2026-11-21T10:00:00.123Z","generation":"{}"}})",
      JsonString(name), object.bytes.size(), object.generation);
}

http::Response FakeGoogle::List(const http::Request& request) {
  const std::string prefix = QueryOf(request, "prefix");
  const std::string page_token = QueryOf(request, "pageToken");
  const std::string from = page_token.empty() ? QueryOf(request, "startOffset") : page_token;
  const int max_results = std::stoi(QueryOf(request, "maxResults"));
  std::string items;
  std::string next;
  std::set<std::string> folders;
  int results = 0;
  for (auto object = objects_.lower_bound(std::max(from, prefix)); object != objects_.end();
       ++object) {
    const std::string& name = object->first;
    if (!name.starts_with(prefix)) break;
    const std::size_t slash = name.find('/', prefix.size());
    if (slash != std::string::npos && folders.contains(name.substr(0, slash + 1))) continue;
    if (results++ == max_results) {
      next = name;
      break;
    }
    if (slash != std::string::npos) {
      folders.insert(name.substr(0, slash + 1));
    } else {
      items += (items.empty() ? "" : ",") + Describe(name, object->second);
    }
  }
  std::string body = R"({"kind":"storage#objects")";
  if (!items.empty()) body += Format(R"(,"items":[{}])", items);
  std::string prefixes;
  for (const std::string& folder : folders) {
    prefixes += (prefixes.empty() ? "" : ",") + JsonString(folder);
  }
  if (!prefixes.empty()) body += Format(R"(,"prefixes":[{}])", prefixes);
  if (!next.empty()) body += Format(R"(,"nextPageToken":{})", JsonString(next));
  return JsonResponse(200, body + "}");
}

http::Response FakeGoogle::Get(const http::Request& request, const std::string& name) {
  const auto object = objects_.find(name);
  const bool is_media = QueryOf(request, "alt") == "media";
  if (object == objects_.end()) {
    return is_media ? Text(404, "No such object: bucket/" + name)
                    : ErrorResponse(404, "No such object: bucket/" + name);
  }
  if (is_media) return Media(request, name, object->second);
  return JsonResponse(200, Describe(name, object->second));
}

http::Response FakeGoogle::Media(const http::Request& request, const std::string& name,
                                 const Object& object) {
  const std::string condition = QueryOf(request, "ifGenerationMatch");
  if (!condition.empty() && condition != Format("{}", object.generation)) {
    return ErrorResponse(412, "At least one of the pre-conditions you specified did not hold.");
  }
  if (!object.content_encoding.empty() && HeaderOf(request, "Accept-Encoding") != "gzip") {
    return Text(200, "unpacked " + name);  // As the service does, without length or range.
  }
  const std::string range_text = HeaderOf(request, "Range");
  http::Response response = Text(200, object.bytes);
  if (!range_text.empty()) {
    Range range = ParseRange(range_text);
    if (range.first >= object.bytes.size()) return ErrorResponse(416, "Requested range");
    range.last = std::min(range.last, object.bytes.size() - 1);
    response = Text(206, object.bytes.substr(range.first, range.last - range.first + 1));
    response.headers.Add("Content-Range",
                         Format("bytes {}-{}/{}", range.first, range.last, object.bytes.size()));
  }
  if (!object.content_encoding.empty()) {
    response.headers.Add("Content-Encoding", object.content_encoding);
  }
  response.headers.Add("X-Goog-Generation", Format("{}", object.generation));
  response.headers.Add("X-Goog-Stored-Content-Length", Format("{}", object.bytes.size()));
  return response;
}

http::Response FakeGoogle::Insert(const http::Request& request) {
  const std::string name = QueryOf(request, "name");
  if (QueryOf(request, "ifGenerationMatch") == "0" && objects_.contains(name)) {
    return ErrorResponse(412, "At least one of the pre-conditions you specified did not hold.");
  }
  objects_[name] = {.bytes = request.body};
  return JsonResponse(200, R"({"generation":"1"})");
}

http::Response FakeGoogle::Token(const http::Request& request) const {
  const std::string grant = FieldOf(request.body, "grant_type");
  const bool is_good =
      request.method == "GET" ||
      (grant == "refresh_token" && FieldOf(request.body, "client_secret") == "sec&ret" &&
       FieldOf(request.body, "refresh_token") == "1//refresh") ||
      (grant == "urn:ietf:params:oauth:grant-type:jwt-bearer" &&
       IsGoodAssertion(FieldOf(request.body, "assertion"), url() + "/token")) ||
      (grant == "urn:ietf:params:oauth:grant-type:token-exchange" &&
       !FieldOf(request.body, "options").empty());
  if (!is_good) {
    return JsonResponse(400, R"({"error":"invalid_grant","error_description":"Bad request"})");
  }
  return JsonResponse(200, Format(R"({{"access_token":"{}","expires_in":3600}})", token_));
}

http::Response FakeGoogle::SignBlob(const http::Request& request) const {
  if (HeaderOf(request, "Authorization") != "Bearer " + token_) {
    return ErrorResponse(403, "Permission 'iam.serviceAccounts.signBlob' denied");
  }
  const auto body = ParseJson(request.body);
  const auto* payload = FindMember(body->get_object(), "payload");
  const auto key = crypto::RsaPrivateKey::FromPem(Secret(crypto::kTestRsaPrivateKey));
  const std::string signature = *key->SignSha256(*Base64Decode(payload->get_string()));
  return JsonResponse(200,
                      Format(R"({{"keyId":"google","signedBlob":"{}"}})", Base64Encode(signature)));
}

}  // namespace sluice::storage::gcs

#include "storage/file_url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "crypto/compare.h"
#include "crypto/hkdf.h"
#include "storage/location.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kMaxPathBytes = 16384;
constexpr std::size_t kMaxQueryBytes = 4096;
constexpr std::size_t kSignatureBytes = 16;

// What a path may keep as it is beside unreserved characters, so that partitions stay readable.
constexpr std::string_view kKeptInPath = "/=";

std::int64_t UnixSeconds(SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

crypto::Sha256Digest Sign(const crypto::HmacSha256Key& key, const DataPath& data_path) {
  return key.Mac({data_path.is_absolute ? "absolute " : "relative ", data_path.path});
}

std::string_view Signature(const crypto::Sha256Digest& mac) {
  return crypto::AsText(mac).substr(0, kSignatureBytes);
}

/// The query's parameters that are ours, decoded.
struct SignedQuery {
  std::optional<std::string> date;
  std::optional<std::string> expires;
  std::optional<std::string> credential;
  std::optional<std::string> root;
  std::optional<std::string> signature;
};

std::optional<std::string>* FindParameter(std::string_view name, SignedQuery& query) {
  if (name == "X-Amz-Date") return &query.date;
  if (name == "X-Amz-Expires") return &query.expires;
  if (name == "X-Amz-Credential") return &query.credential;
  if (name == "X-Amz-Root") return &query.root;
  if (name == "X-Amz-Signature") return &query.signature;
  return nullptr;
}

/// Decodes as forms do: a client that quotes anew may turn "%20" into '+'. We never send a bare
/// '+' ourselves.
Result<std::string> DecodeQueryText(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) {
    if (c == '+') c = ' ';
  }
  return PercentDecode(spaced);
}

/// Nothing if the query cannot be decoded or names a parameter twice. Others' are left out.
std::optional<SignedQuery> ParseQuery(std::string_view text) {
  SignedQuery query;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view parameter = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t equals = parameter.find('=');
    const Result<std::string> name = DecodeQueryText(parameter.substr(0, equals));
    if (!name.ok() || equals == std::string_view::npos) return std::nullopt;
    std::optional<std::string>* const field = FindParameter(*name, query);
    if (field == nullptr) continue;
    Result<std::string> value = DecodeQueryText(parameter.substr(equals + 1));
    if (!value.ok() || field->has_value()) return std::nullopt;
    *field = std::move(value).value();
  }
  return query;
}

std::optional<std::int64_t> ParseSeconds(const std::optional<std::string>& text) {
  constexpr std::size_t kMaxDigits = 12;
  if (!text || text->size() > kMaxDigits) return std::nullopt;
  std::int64_t seconds = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (end.ec != std::errc() || end.ptr != text->data() + text->size()) return std::nullopt;
  return seconds;
}

/// Takes what is before the next '/' off the front of `path`.
std::string TakeSegment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  std::string segment(path.substr(0, slash));
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return segment;
}

/// What the path promises, its signature not yet looked at.
std::optional<VerifiedFile> ParsePath(std::string_view encoded) {
  // All of it is decoded at once: some clients also encode the '/'. No name holds one.
  const Result<std::string> decoded = PercentDecode(encoded);
  if (!decoded.ok()) return std::nullopt;
  std::string_view rest = *decoded;
  VerifiedFile file;
  file.share = TakeSegment(rest);
  file.schema = TakeSegment(rest);
  file.table = TakeSegment(rest);
  file.data_path.path = rest;
  return file;
}

// The beginning of an absolute path, which a URL tells as a parameter: "/" or "s3://".
struct Root {
  std::string_view name;
  std::size_t size = 0;
};
constexpr std::string_view kLocalRoot = "1";

Root RootOf(const DataPath& data_path) {
  if (!data_path.is_absolute) return {};
  if (data_path.path.starts_with('/')) return {.name = kLocalRoot, .size = 1};
  const std::string_view scheme = UriScheme(data_path.path);
  return {.name = scheme, .size = scheme.size() + std::string_view("://").size()};
}

}  // namespace

/// What the key of an answer depends on.
struct FileUrlSigner::Terms {
  std::string_view recipient;
  std::string_view share;
  std::string_view schema;
  std::string_view table;
  std::int64_t date_s = 0;
  std::int64_t expires_s = 0;
};

void PreparedFileUrls::Append(const DataPath& data_path, std::string& out) const {
  const crypto::Sha256Digest mac = Sign(key_, data_path);
  const Root root = RootOf(data_path);
  out += prefix_;
  AppendPercentEncoded(std::string_view(data_path.path).substr(root.size), kKeptInPath, out);
  out += parameters_;
  if (!root.name.empty()) {
    out += "&X-Amz-Root=";
    out += root.name;
  }
  out += "&X-Amz-Signature=";
  AppendBase64Url(Signature(mac), out);
}

FileUrlSigner::FileUrlSigner(const Secret& master_secret, const Clock& clock)
    : keys_(std::make_shared<const crypto::KeyRing>(master_secret)), clock_(&clock) {}

void FileUrlSigner::SetKeys(crypto::KeyRing master_keys) {
  auto next = std::make_shared<const crypto::KeyRing>(std::move(master_keys));
  const std::lock_guard lock(mutex_);
  keys_.swap(next);
}

std::shared_ptr<const crypto::KeyRing> FileUrlSigner::CurrentKeys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

// A key of its own for each recipient, share, table and moment.
crypto::HmacSha256Key FileUrlSigner::KeyFor(const Secret& master, const Terms& terms) {
  return crypto::DeriveKey(
      master.Reveal(), "file url",
      {terms.recipient, AsciiLower(terms.share), AsciiLower(terms.schema), AsciiLower(terms.table),
       Format("{}", terms.date_s), Format("{}", terms.expires_s)});
}

PreparedFileUrls FileUrlSigner::Prepare(const FileUrlScope& scope,
                                        std::chrono::seconds lifetime) const {
  const Terms terms = {.recipient = scope.recipient,
                       .share = scope.share,
                       .schema = scope.schema,
                       .table = scope.table,
                       .date_s = UnixSeconds(clock_->Now()),
                       .expires_s = lifetime.count()};
  PreparedFileUrls urls(KeyFor(CurrentKeys()->newest(), terms));
  urls.prefix_ = Format("{}/files/{}/{}/{}/", scope.base_url, PercentEncode(scope.share),
                        PercentEncode(scope.schema), PercentEncode(scope.table));
  urls.parameters_ = Format("?X-Amz-Date={}&X-Amz-Expires={}&X-Amz-Credential={}", terms.date_s,
                            terms.expires_s, PercentEncode(scope.recipient));
  urls.expires_at_ = SystemTime(std::chrono::seconds(terms.date_s + terms.expires_s));
  return urls;
}

Result<VerifiedFile> FileUrlSigner::Verify(std::string_view path, std::string_view query) const {
  const auto refuse = [] { return PermissionDenied("the URL's signature does not match"); };
  if (path.size() > kMaxPathBytes || query.size() > kMaxQueryBytes) return refuse();
  std::optional<VerifiedFile> file = ParsePath(path);
  const std::optional<SignedQuery> sent = ParseQuery(query);
  if (!file || !sent || !sent->credential || !sent->signature) return refuse();
  const std::optional<std::int64_t> date_s = ParseSeconds(sent->date);
  const std::optional<std::int64_t> expires_s = ParseSeconds(sent->expires);
  if (!date_s || !expires_s) return refuse();

  file->recipient = *sent->credential;
  if (sent->root) {
    const std::string begin = *sent->root == kLocalRoot ? "/" : Format("{}://", *sent->root);
    file->data_path = {.path = begin + file->data_path.path, .is_absolute = true};
  }
  const Terms terms = {.recipient = file->recipient,
                       .share = file->share,
                       .schema = file->schema,
                       .table = file->table,
                       .date_s = *date_s,
                       .expires_s = *expires_s};
  const Result<std::string> signature = Base64UrlDecode(*sent->signature);
  if (!signature.ok()) return refuse();
  const std::shared_ptr<const crypto::KeyRing> keys = CurrentKeys();
  const bool is_ours = std::ranges::any_of(keys->secrets(), [&](const Secret& master) {
    const crypto::Sha256Digest mac = Sign(KeyFor(master, terms), file->data_path);
    return crypto::ConstantTimeEquals(*signature, Signature(mac));
  });
  if (!is_ours) return refuse();

  file->expires_at = SystemTime(std::chrono::seconds(*date_s + *expires_s));
  if (clock_->Now() >= file->expires_at) return PermissionDenied("the URL has expired");
  return std::move(*file);
}

}  // namespace sluice::storage

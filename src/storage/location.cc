#include "storage/location.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kMaxLocationBytes = 4096;

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool IsSchemeChar(char c) {
  return IsAlpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

void AppendSegment(std::string_view segment, std::string& out) {
  if (segment.empty() || segment == ".") return;
  if (segment == "..") {
    const std::size_t parent = out.rfind('/');
    out.resize(parent == std::string::npos ? 0 : parent);
    return;
  }
  out += '/';
  out += segment;
}

// The schemes that are read, and the canonical one of each.
struct BucketScheme {
  std::string_view from;
  std::string_view to;
};
constexpr BucketScheme kBucketSchemes[] = {{"s3", "s3"},     {"s3a", "s3"},     {"s3n", "s3"},
                                           {"gs", "gs"},     {"az", "az"},      {"abfs", "az"},
                                           {"abfss", "az"},  {"wasb", "az"},    {"wasbs", "az"},
                                           {"http", "http"}, {"https", "https"}};

/// "container@account.dfs.core.windows.net" without what goes without saying.
std::string CanonicalAzureBucket(std::string_view authority) {
  const std::size_t at = authority.find('@');
  if (at == std::string_view::npos) return std::string(authority);
  const std::string host = AsciiLower(authority.substr(at + 1));
  const std::size_t dot = host.find('.');
  std::string account = host.substr(0, dot);
  std::string_view suffix = dot == std::string::npos ? "" : std::string_view(host).substr(dot);
  for (const std::string_view service : {".dfs.", ".blob."}) {
    if (suffix.starts_with(service)) suffix.remove_prefix(service.size() - 1);
  }
  if (suffix != ".core.windows.net") account += suffix;
  return Format("{}@{}", authority.substr(0, at), account);
}

Error BadLocation(std::string_view why, std::string_view text) {
  return WithDetail(InvalidArgument("the location {}", why), std::string(text));
}

/// A key that means the same to every reader.
Result<void> CheckKey(std::string_view key, std::string_view text) {
  while (!key.empty()) {
    const std::size_t slash = key.find('/');
    const std::string_view segment = key.substr(0, slash);
    if (segment.empty()) return BadLocation("has two slashes side by side", text);
    if (segment == "." || segment == "..") return BadLocation("has a '.' or '..'", text);
    key.remove_prefix(slash == std::string_view::npos ? key.size() : slash + 1);
  }
  return {};
}

/// "scheme://bucket/key", whatever the scheme.
Result<Location> ParseBucketUri(const std::string& scheme, std::string_view text) {
  const auto* const known =
      std::ranges::find(kBucketSchemes, std::string_view(scheme), &BucketScheme::from);
  if (known == std::end(kBucketSchemes)) {
    return Location{.scheme = scheme, .path = std::string(text)};
  }
  std::string path(text.substr(scheme.size() + 3));
  const bool is_http = scheme.starts_with("http");
  if (is_http) {
    if (path.find_first_of("?#") != std::string::npos) {
      return BadLocation("has a query or a fragment", text);
    }
    auto decoded = PercentDecode(path);
    if (!decoded.ok()) return BadLocation("is badly percent-encoded", text);
    path = std::move(decoded).value();
  }
  while (path.ends_with('/')) path.pop_back();
  const std::size_t slash = std::min(path.find('/'), path.size());
  std::string bucket = path.substr(0, slash);
  if (bucket.empty() || bucket.find('\0') != std::string::npos) {
    return BadLocation("names no bucket", text);
  }
  if (known->to == "az") bucket = CanonicalAzureBucket(bucket);
  if (is_http) bucket = AsciiLower(bucket);
  TRY(CheckKey(slash < path.size() ? std::string_view(path).substr(slash + 1) : "", text));
  return Location{.scheme = std::string(known->to),
                  .path = Format("{}://{}{}", known->to, bucket, path.substr(slash))};
}

}  // namespace

std::string_view UriScheme(std::string_view text) {
  if (text.empty() || !IsAlpha(text.front())) return {};
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ':') return text.substr(0, i);
    if (!IsSchemeChar(text[i])) return {};
  }
  return {};
}

std::string NormalizePath(std::string_view path) {
  std::string out;
  out.reserve(path.size() + 1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    AppendSegment(path.substr(0, slash), out);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return out.empty() ? "/" : out;
}

bool IsWithin(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with('/');
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || path[directory.size()] == '/';
}

Result<std::string> DecodeFileUri(std::string_view uri) {
  std::string_view rest = uri.substr(uri.find(':') + 1);
  if (rest.starts_with("//")) {
    const std::size_t slash = rest.find('/', 2);
    const std::string_view authority =
        rest.substr(2, slash == std::string_view::npos ? slash : slash - 2);
    if (!authority.empty() && !EqualsIgnoringAsciiCase(authority, "localhost")) {
      return WithDetail(InvalidArgument("a file URI of another machine"), std::string(uri));
    }
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash);
  }
  if (!rest.starts_with('/')) {
    return WithDetail(InvalidArgument("a file URI without an absolute path"), std::string(uri));
  }
  std::string path = TRY(PercentDecode(rest));
  if (path.find('\0') != std::string::npos) return InvalidArgument("a file URI with a NUL");
  return path;
}

Result<Location> ParseLocation(std::string_view text, std::string_view base_directory) {
  if (text.empty()) return InvalidArgument("the location is empty");
  if (text.size() > kMaxLocationBytes) {
    return InvalidArgument("the location is longer than {} bytes", kMaxLocationBytes);
  }
  if (text.find('\0') != std::string_view::npos) return InvalidArgument("the location has a NUL");

  const std::string scheme = AsciiLower(UriScheme(text));
  if (scheme == "file") {
    const std::string path = TRY(DecodeFileUri(text));
    return Location{.scheme = scheme, .path = NormalizePath(path)};
  }
  // Only "scheme://" counts as one here: a folder may have a ':' in its name.
  if (!scheme.empty() && text.substr(scheme.size()).starts_with("://")) {
    return ParseBucketUri(scheme, text);
  }
  if (text.starts_with('/')) return Location{.scheme = "file", .path = NormalizePath(text)};
  return Location{.scheme = "file", .path = NormalizePath(Format("{}/{}", base_directory, text))};
}

BucketPath SplitBucketPath(std::string_view path) {
  const std::size_t scheme_end = path.find("://");
  CHECK(scheme_end != std::string_view::npos, "the path of a bucket has a scheme");
  const std::string_view rest = path.substr(scheme_end + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  return {.scheme = path.substr(0, scheme_end),
          .bucket = rest.substr(0, slash),
          .key = rest.substr(std::min(slash + 1, rest.size()))};
}

bool Location::IsRemote() const {
  return std::ranges::any_of(kBucketSchemes, [&](const auto& known) { return known.to == scheme; });
}

}  // namespace sluice::storage

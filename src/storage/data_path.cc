#include "storage/data_path.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "storage/location.h"

namespace sluice::storage {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;

Error BadPath(ErrorCode code, std::string_view why, std::string_view log_path) {
  return {.code = code,
          .message = Format("the table lists a data file whose path {}", why),
          .detail = std::string(log_path.substr(0, kMaxPathBytes))};
}

/// Refuses segments that lead elsewhere.
Result<void> CheckSegments(std::string_view path, std::string_view log_path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment == "..") return BadPath(ErrorCode::kUnsupported, "has a '..'", log_path);
    if (segment == "_delta_log") {
      return BadPath(ErrorCode::kUnsupported, "leads into a log", log_path);
    }
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return {};
}

/// "s3://bucket" of a path in a bucket; empty for one of this machine.
std::string_view BucketOf(std::string_view canonical_path) {
  const std::size_t scheme_end = canonical_path.find("://");
  if (scheme_end == std::string_view::npos) return {};
  return canonical_path.substr(0, canonical_path.find('/', scheme_end + 3));
}

/// A path with its encoding undone, and where it is if it says so.
struct DecodedPath {
  std::string bucket;  ///< "s3://bucket"; empty for this machine or the table's own place.
  std::string path;    ///< Absolute if it starts with '/'.
};

Result<DecodedPath> DecodeUri(std::string_view log_path) {
  const std::string_view scheme = UriScheme(log_path);
  const std::size_t begin = scheme.size() + 3;
  if (!log_path.substr(scheme.size()).starts_with("://")) {
    return BadPath(ErrorCode::kNotImplemented, "is on another storage scheme", log_path);
  }
  const std::size_t slash = std::min(log_path.find('/', begin), log_path.size());
  const auto bucket = ParseLocation(log_path.substr(0, slash), "/");
  if (!bucket.ok()) return BadPath(ErrorCode::kCorruptData, "names no bucket", log_path);
  if (!bucket->IsRemote()) {
    return BadPath(ErrorCode::kNotImplemented, "is on another storage scheme", log_path);
  }
  return DecodedPath{.bucket = bucket->path, .path = TRY(PercentDecode(log_path.substr(slash)))};
}

Result<DecodedPath> Decode(std::string_view table_root, std::string_view log_path) {
  const std::string_view scheme = UriScheme(log_path);
  const bool is_file = EqualsIgnoringAsciiCase(scheme, "file");
  const bool is_remote_root = !BucketOf(table_root).empty();
  if (!scheme.empty() && is_file == is_remote_root) {
    return BadPath(ErrorCode::kNotImplemented, "is on another storage scheme", log_path);
  }
  DecodedPath decoded;
  if (scheme.empty()) {
    decoded.path = TRY(PercentDecode(log_path));
  } else if (is_file) {
    decoded.path = TRY(DecodeFileUri(log_path));
  } else {
    decoded = TRY(DecodeUri(log_path));
  }
  return decoded;
}

}  // namespace

Result<DataPath> ResolveDataPath(std::string_view table_root, std::string_view log_path) {
  if (log_path.empty()) return BadPath(ErrorCode::kCorruptData, "is empty", log_path);
  if (log_path.size() > kMaxPathBytes) {
    return BadPath(ErrorCode::kCorruptData, "is too long", log_path);
  }
  auto decoded = Decode(table_root, log_path);
  if (!decoded.ok()) {
    if (decoded.error().code == ErrorCode::kNotImplemented) return std::move(decoded).error();
    return BadPath(ErrorCode::kCorruptData, "cannot be decoded", log_path);
  }
  if (decoded->path.find('\0') != std::string::npos) {
    return BadPath(ErrorCode::kCorruptData, "has a NUL", log_path);
  }
  TRY(CheckSegments(decoded->path, log_path));

  const bool is_absolute = decoded->path.starts_with('/') || !decoded->bucket.empty();
  std::string path = NormalizePath(decoded->path);
  const bool names_no_file = decoded->path.ends_with('/') || path == "/";
  if (is_absolute) {
    if (decoded->bucket.empty()) decoded->bucket = BucketOf(table_root);
    path = decoded->bucket + path;
  }
  if (names_no_file || path == table_root) {
    return BadPath(ErrorCode::kCorruptData, "names no file", log_path);
  }
  if (!is_absolute) return DataPath{.path = path.substr(1)};
  if (!IsWithin(path, table_root)) return DataPath{.path = std::move(path), .is_absolute = true};
  const std::size_t root_size = table_root == "/" ? 0 : table_root.size();
  return DataPath{.path = path.substr(root_size + 1)};
}

std::string FullPath(std::string_view table_root, const DataPath& data_path) {
  if (data_path.is_absolute) return data_path.path;
  return Format("{}{}{}", table_root, table_root == "/" ? "" : "/", data_path.path);
}

}  // namespace sluice::storage

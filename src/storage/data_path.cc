#include "storage/data_path.h"

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

/// The path with its encoding undone: absolute if it starts with '/'.
Result<std::string> Decode(std::string_view log_path) {
  const std::string_view scheme = UriScheme(log_path);
  if (!scheme.empty() && !EqualsIgnoringAsciiCase(scheme, "file")) {
    return BadPath(ErrorCode::kNotImplemented, "is on another storage scheme", log_path);
  }
  Result<std::string> decoded = scheme.empty() ? PercentDecode(log_path) : DecodeFileUri(log_path);
  if (!decoded.ok()) {
    return BadPath(ErrorCode::kCorruptData, "cannot be decoded", log_path);
  }
  if (decoded->find('\0') != std::string::npos) {
    return BadPath(ErrorCode::kCorruptData, "has a NUL", log_path);
  }
  return decoded;
}

}  // namespace

Result<DataPath> ResolveDataPath(std::string_view table_root, std::string_view log_path) {
  if (log_path.empty()) return BadPath(ErrorCode::kCorruptData, "is empty", log_path);
  if (log_path.size() > kMaxPathBytes) {
    return BadPath(ErrorCode::kCorruptData, "is too long", log_path);
  }
  const std::string decoded = TRY(Decode(log_path));
  TRY(CheckSegments(decoded, log_path));

  const std::string path = NormalizePath(decoded);
  if (decoded.ends_with('/') || path == "/" || path == table_root) {
    return BadPath(ErrorCode::kCorruptData, "names no file", log_path);
  }
  if (!decoded.starts_with('/')) return DataPath{.path = path.substr(1)};
  if (!IsWithin(path, table_root)) return DataPath{.path = path, .is_absolute = true};
  const std::size_t root_size = table_root == "/" ? 0 : table_root.size();
  return DataPath{.path = path.substr(root_size + 1)};
}

}  // namespace sluice::storage

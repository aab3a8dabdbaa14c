#include "delta/sidecar.h"

#include "base/encoding.h"
#include "base/format.h"
#include "storage/location.h"

namespace sluice::delta {
namespace {

constexpr std::size_t kMaxPathBytes = 4'096;

// Every segment is a name: no climbing, no detour.
bool IsPlain(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// What follows the scheme and authority of a URI; the whole of any other text.
std::string_view PathOfUri(std::string_view text) {
  const std::string_view scheme = storage::UriScheme(text);
  if (scheme.empty()) return text;
  text.remove_prefix(scheme.size() + 1);
  if (!text.starts_with("//")) return text;
  const std::size_t slash = text.find('/', 2);
  return slash == std::string_view::npos ? std::string_view() : text.substr(slash);
}

}  // namespace

Result<std::string> ResolveSidecar(std::string_view log_directory, std::string_view path) {
  const std::string folder = Format("{}/_sidecars/", log_directory);
  const Error outside = CorruptData("the sidecar '{}' is not in _sidecars", path);
  if (path.size() > kMaxPathBytes) return CorruptData("the path of a sidecar is too long");
  const auto decoded = PercentDecode(PathOfUri(path));
  if (!decoded.ok()) return CorruptData("the path of the sidecar '{}' is badly encoded", path);
  std::string_view below = *decoded;
  if (below.starts_with('/')) {
    // A bucket's store spells its paths without the '/' in front. Whatever the authority was, the
    // file is looked for in this table's own folder.
    if (!folder.starts_with('/')) below.remove_prefix(1);
    if (!below.starts_with(folder)) return outside;
    below.remove_prefix(folder.size());
  } else if (path.size() != PathOfUri(path).size()) {
    return outside;  // such as "file:name"
  }
  if (!IsPlain(below)) return outside;
  return folder + std::string(below);
}

}  // namespace sluice::delta

#include "storage/location.h"

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
    return Location{.scheme = scheme, .path = std::string(text)};
  }
  if (text.starts_with('/')) return Location{.scheme = "file", .path = NormalizePath(text)};
  return Location{.scheme = "file", .path = NormalizePath(Format("{}/{}", base_directory, text))};
}

}  // namespace sluice::storage

#include "http/router.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"

namespace sluice::http {
namespace {

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }
bool IsRest(std::string_view segment) { return segment.ends_with("...}"); }

/// "share" of "{share}" and of "{share...}".
std::string_view NameOf(std::string_view segment) {
  segment.remove_prefix(1);
  segment.remove_suffix(IsRest(segment) ? 4 : 1);
  return segment;
}

/// The segments of a path that begins with '/': "/a/b" has two, "/" one that is empty.
std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// How specific a segment is; a path is matched by the pattern that is most so at the first
/// difference.
int RankOf(std::string_view segment) {
  if (!IsParameter(segment)) return 0;
  return IsRest(segment) ? 2 : 1;
}

bool MoreSpecific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const std::string& x, const std::string& y) { return RankOf(x) < RankOf(y); });
}

/// True if the literals and the number of segments fit; parameters are decoded later.
bool Fits(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return false;
    if (IsRest(pattern[i])) return true;
    if (IsParameter(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  }
  return pattern.size() == path.size();
}

/// Decodes what `{name...}` stands for, refusing whatever could climb out of a folder.
Result<std::string> DecodeRest(std::span<const std::string_view> segments) {
  std::string rest;
  for (const std::string_view segment : segments) {
    const std::string decoded = TRY(PercentDecode(segment));
    const bool refused = decoded.empty() || decoded == "." || decoded == ".." ||
                         decoded.find('/') != std::string::npos ||
                         decoded.find('\0') != std::string::npos;
    if (refused) return NotFound("no such resource");
    if (!rest.empty()) rest += '/';
    rest += decoded;
  }
  return rest;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

Result<Parameters> DecodeParameters(const std::vector<std::string>& pattern,
                                    const std::vector<std::string_view>& path) {
  Parameters parameters;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!IsParameter(pattern[i])) continue;
    std::string value = IsRest(pattern[i]) ? TRY(DecodeRest(std::span(path).subspan(i)))
                                           : TRY(PercentDecode(path[i]));
    parameters.emplace_back(NameOf(pattern[i]), std::move(value));
  }
  return parameters;
}

}  // namespace

Router::Router(const std::vector<Pattern>& patterns) {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    CHECK(patterns[i].path.starts_with('/'), "a route's path begins with '/'");
    Entry entry{.index = i, .method = patterns[i].method, .segments = {}};
    for (const std::string_view segment : Split(patterns[i].path)) {
      const bool is_last = entry.segments.size() + 1 == Split(patterns[i].path).size();
      CHECK(!IsRest(segment) || is_last, "{name...} stands last in a route");
      entry.segments.emplace_back(segment);
    }
    entries_.push_back(std::move(entry));
  }
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return MoreSpecific(a.segments, b.segments);
  });
}

std::optional<Router::Match> Router::Find(std::string_view method, std::string_view path,
                                          Miss& miss) const {
  miss = Miss{.error = NotFound("no such resource"), .allowed_methods = {}};
  if (!path.starts_with('/')) return std::nullopt;
  const std::vector<std::string_view> segments = Split(path);

  for (const Entry& entry : entries_) {
    if (!Fits(entry.segments, segments)) continue;
    if (entry.method != method) {
      miss.allowed_methods.push_back(entry.method);
      continue;
    }
    Result<Parameters> parameters = DecodeParameters(entry.segments, segments);
    if (!parameters.ok()) {
      const bool broken = parameters.error().code != ErrorCode::kNotFound;
      miss.error = broken ? Malformed("the path has broken percent-encoding") : parameters.error();
      miss.allowed_methods.clear();
      return std::nullopt;
    }
    return Match{.index = entry.index, .parameters = std::move(parameters).value()};
  }
  if (!miss.allowed_methods.empty()) {
    miss.error = InvalidArgument("method {} is not allowed here", method);
  }
  return std::nullopt;
}

}  // namespace sluice::http

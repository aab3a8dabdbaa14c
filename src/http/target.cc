#include "http/target.h"

#include <algorithm>

#include "base/encoding.h"

namespace sluice::http {
namespace {

/// Undoes application/x-www-form-urlencoded.
Result<std::string> DecodeQueryText(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  if (spaced.find('%') == std::string::npos) return spaced;
  Result<std::string> decoded = PercentDecode(spaced);
  if (!decoded.ok()) return Malformed("the query has broken percent-encoding");
  return decoded;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseQuery(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view parameter = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (parameter.empty()) continue;
    if (query.size() == kMaxQueryParameters) {
      return Malformed("the query has more than {} parameters", kMaxQueryParameters);
    }
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    std::string name = TRY(DecodeQueryText(parameter.substr(0, equals)));
    std::string value =
        TRY(DecodeQueryText(parameter.substr(std::min(equals + 1, parameter.size()))));
    query.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

/// Cuts "http://host" off the absolute form, which every server must accept.
std::string_view WithoutAuthority(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoringAsciiCase(text.substr(0, scheme.size()), scheme)) continue;
    const std::size_t path = text.find_first_of("/?", scheme.size());
    if (path == std::string_view::npos) return "/";
    return text.substr(path);
  }
  return text;
}

}  // namespace

Result<Target> ParseTarget(std::string_view text) {
  if (text == "*") return Target{.path = text, .query = {}};
  const std::string_view origin = WithoutAuthority(text);
  if (!origin.starts_with('/') || origin.find('#') != std::string_view::npos) {
    return Malformed("the request target is not a path");
  }
  const std::size_t question = origin.find('?');
  Target target{.path = origin.substr(0, question), .query = {}};
  if (question != std::string_view::npos) {
    target.query = TRY(ParseQuery(origin.substr(question + 1)));
  }
  return target;
}

}  // namespace sluice::http

#include "storage/azure/shared_key.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.h"

namespace sluice::storage::azure {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Those whose lines stand before and after that of Content-Length.
constexpr std::string_view kFieldsBeforeLength[] = {"Content-Encoding", "Content-Language"};
constexpr std::string_view kFieldsAfterLength[] = {
    "Content-MD5",   "Content-Type",        "Date", "If-Modified-Since", "If-Match",
    "If-None-Match", "If-Unmodified-Since", "Range"};

/// The path and the query of an absolute URL.
std::pair<std::string_view, std::string_view> SplitTarget(std::string_view url) {
  const std::size_t scheme_end = std::min(url.find("://"), url.size() - 3) + 3;
  const std::size_t path = std::min(url.find_first_of("/?", scheme_end), url.size());
  const std::size_t query = std::min(url.find('?', path), url.size());
  return {url.substr(path, query - path), url.substr(std::min(query + 1, url.size()))};
}

Result<Pairs> DecodeQuery(std::string_view query) {
  Pairs parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string name = TRY(PercentDecode(parameter.substr(0, equals)));
    const std::string value =
        TRY(PercentDecode(parameter.substr(std::min(equals + 1, parameter.size()))));
    parameters.emplace_back(AsciiLower(name), value);
  }
  std::ranges::sort(parameters);
  return parameters;
}

void AppendFieldLines(const http::Headers& headers, std::span<const std::string_view> names,
                      std::string& out) {
  for (const std::string_view name : names) {
    const std::string* const value = headers.Find(name);
    if (value != nullptr) out += *value;
    out += '\n';
  }
}

void AppendServiceFields(const http::Headers& headers, std::string& out) {
  Pairs fields;
  for (const auto& [name, value] : headers.fields()) {
    std::string lower = AsciiLower(name);
    if (lower.starts_with("x-ms-")) fields.emplace_back(std::move(lower), TrimAsciiSpace(value));
  }
  std::ranges::sort(fields);
  for (const auto& [name, value] : fields) out += Format("{}:{}\n", name, value);
}

}  // namespace

Result<std::string> SharedKeyStringToSign(std::string_view account,
                                          const http::ClientRequest& request) {
  const auto [path, query] = SplitTarget(request.url);
  const Pairs parameters = TRY(DecodeQuery(query));
  std::string text = Format("{}\n", request.method);
  AppendFieldLines(request.headers, kFieldsBeforeLength, text);
  if (!request.body.empty()) text += Format("{}", request.body.size());
  text += '\n';
  AppendFieldLines(request.headers, kFieldsAfterLength, text);
  AppendServiceFields(request.headers, text);
  text += Format("/{}{}", account, path.empty() ? "/" : path);
  for (const auto& [name, value] : parameters) text += Format("\n{}:{}", name, value);
  return text;
}

Result<SharedKey> SharedKey::New(std::string account, const Secret& base64_key) {
  const auto key = Base64Decode(TrimAsciiSpace(base64_key.Reveal()));
  if (!key.ok() || key->empty()) {
    return InvalidArgument("the key of storage account {} is not base64 text", account);
  }
  return SharedKey(std::move(account), *key);
}

Result<std::string> SharedKey::Authorization(const http::ClientRequest& request) const {
  const std::string text = TRY(SharedKeyStringToSign(account_, request));
  const crypto::Sha256Digest mac = key_.Mac({text});
  return Format("SharedKey {}:{}", account_, Base64Encode(crypto::AsText(mac)));
}

}  // namespace sluice::storage::azure

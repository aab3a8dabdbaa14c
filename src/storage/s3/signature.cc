#include "storage/s3/signature.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace sluice::storage::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kScopeEnd = "aws4_request";

/// "20130524T000000Z", ISO 8601's basic form.
std::string BasicTime(SystemTime time) {
  std::string extended;
  AppendUtc(time, extended);  // 2013-05-24T00:00:00.000Z
  std::string basic;
  for (const char c : std::string_view(extended).substr(0, extended.find('.'))) {
    if (c != '-' && c != ':') basic += c;
  }
  return basic + 'Z';
}

std::string_view DayOf(std::string_view basic_time) { return basic_time.substr(0, 8); }

std::string ScopeOf(const Signing& signing, std::string_view basic_time) {
  return Format("{}/{}/{}/{}", DayOf(basic_time), signing.region, signing.service, kScopeEnd);
}

std::string StringToSignUpToHash(std::string_view basic_time, std::string_view scope) {
  return Format("{}\n{}\n{}\n", kAlgorithm, basic_time, scope);
}

/// The key of one day, region and service ("Calculate the signature").
crypto::HmacSha256Key SigningKey(const Signing& signing, std::string_view basic_time) {
  const Secret start("AWS4" + signing.credentials.secret_access_key.Reveal());
  crypto::HmacSha256Key key(start.Reveal());
  for (const std::string_view part :
       {DayOf(basic_time), signing.region, signing.service, kScopeEnd}) {
    key = crypto::HmacSha256Key(crypto::AsText(key.Mac({part})));
  }
  return key;
}

/// Without space around it, and with one space for each run of them inside.
std::string CanonicalValue(std::string_view value) {
  std::string out;
  for (const char c : TrimAsciiSpace(value)) {
    if (c != ' ' || !out.ends_with(' ')) out += c;
  }
  return out;
}

struct CanonicalHeaders {
  std::string lines;         // "name:value\n", by name
  std::string signed_names;  // "name;name"
};

CanonicalHeaders Canonicalize(std::string_view host, const http::Headers& headers) {
  Parameters fields = {{"host", std::string(host)}};
  for (const auto& [name, value] : headers.fields()) {
    fields.emplace_back(AsciiLower(name), CanonicalValue(value));
  }
  std::ranges::stable_sort(fields, {}, &Parameters::value_type::first);
  CanonicalHeaders out;
  const std::string* previous = nullptr;
  for (const auto& [name, value] : fields) {
    if (previous != nullptr && *previous == name) {
      out.lines.back() = ',';
      out.lines += value + '\n';
    } else {
      out.lines += Format("{}:{}\n", name, value);
      out.signed_names += out.signed_names.empty() ? name : ';' + name;
    }
    previous = &name;
  }
  return out;
}

/// The parameters of a signed URL but for the signature.
std::string UrlQuery(const UrlTerms& terms, const Signing& signing, std::string_view basic_time) {
  const Credentials& credentials = signing.credentials;
  Parameters parameters = {{"X-Amz-Algorithm", std::string(kAlgorithm)},
                           {"X-Amz-Credential", Format("{}/{}", credentials.access_key_id,
                                                       ScopeOf(signing, basic_time))},
                           {"X-Amz-Date", std::string(basic_time)},
                           {"X-Amz-Expires", Format("{}", terms.lifetime.count())},
                           {"X-Amz-SignedHeaders", "host"}};
  if (!credentials.session_token.empty()) {
    parameters.emplace_back("X-Amz-Security-Token", credentials.session_token.Reveal());
  }
  if (terms.requester_pays) parameters.emplace_back("x-amz-request-payer", "requester");
  return CanonicalQuery(parameters);
}

}  // namespace

std::string CanonicalQuery(const Parameters& parameters) {
  Parameters encoded;
  encoded.reserve(parameters.size());
  for (const auto& [name, value] : parameters) {
    encoded.emplace_back(PercentEncode(name), PercentEncode(value));
  }
  std::ranges::sort(encoded);
  std::string out;
  for (const auto& [name, value] : encoded) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

void AppendEncodedPath(std::string_view path, std::string& out) {
  AppendPercentEncoded(path, "/", out);
}

void SignHeaders(const RequestTerms& request, const Signing& signing, http::Headers& headers) {
  const Credentials& credentials = signing.credentials;
  const std::string time = BasicTime(signing.time);
  std::string body_hash;
  crypto::AppendSha256Hex(request.body, body_hash);
  headers.Add("X-Amz-Date", time);
  if (signing.service == "s3") headers.Add("X-Amz-Content-Sha256", body_hash);
  if (!credentials.session_token.empty()) {
    headers.Add("X-Amz-Security-Token", credentials.session_token.Reveal());
  }
  const CanonicalHeaders canonical = Canonicalize(request.host, headers);
  std::string request_hash;
  crypto::AppendSha256Hex(Format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                                 request.query, canonical.lines, canonical.signed_names, body_hash),
                          request_hash);
  const std::string scope = ScopeOf(signing, time);
  const auto mac = SigningKey(signing, time).Mac({StringToSignUpToHash(time, scope), request_hash});
  headers.Add("Authorization", Format("{} Credential={}/{}, SignedHeaders={}, Signature={}",
                                      kAlgorithm, credentials.access_key_id, scope,
                                      canonical.signed_names, HexEncode(crypto::AsText(mac))));
}

UrlPresigner::UrlPresigner(const UrlTerms& terms, const Signing& signing)
    : origin_(terms.origin), key_(SigningKey(signing, BasicTime(signing.time))) {
  const std::string time = BasicTime(signing.time);
  const std::string query = UrlQuery(terms, signing, time);
  const std::string_view host = terms.origin.substr(terms.origin.find("://") + 3);
  request_start_ = Format("GET\n{}/", terms.base_path);
  request_end_ = Format("\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", query, host);
  to_sign_ = StringToSignUpToHash(time, ScopeOf(signing, time));
  query_ = Format("?{}&X-Amz-Signature=", query);
}

void UrlPresigner::Append(std::string_view key, std::string& out) const {
  constexpr std::size_t kMethodBytes = sizeof("GET\n") - 1;
  constexpr std::size_t kHexDigits = 64;
  out += origin_;
  out.append(request_start_, kMethodBytes);
  const std::size_t key_start = out.size();
  AppendEncodedPath(key, out);
  const auto request_hash =
      crypto::Sha256({request_start_, std::string_view(out).substr(key_start), request_end_});
  out += query_;
  // The hash of the request stands where the signature will, since both are hex of one length.
  const std::size_t signature_start = out.size();
  AppendHex(crypto::AsText(request_hash), out);
  const auto mac = key_.Mac({to_sign_, std::string_view(out).substr(signature_start, kHexDigits)});
  out.resize(signature_start);
  AppendHex(crypto::AsText(mac), out);
}

}  // namespace sluice::storage::s3

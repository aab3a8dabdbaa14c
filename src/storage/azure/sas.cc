#include "storage/azure/sas.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "storage/azure/times.h"
#include "storage/wire_time.h"

namespace sluice::storage::azure {
namespace {

constexpr std::string_view kVersion = "2023-11-03";

/// The fields of one kind of signature.
struct Grant {
  std::string_view resource;     ///< sr
  std::string_view permissions;  ///< sp
  std::size_t depth = 0;         ///< sdd, of directories
};
constexpr Grant kReadBlob = {.resource = "b", .permissions = "r"};

std::string Utc(SystemTime time) {
  std::string text;
  AppendUtcSeconds(time, text);
  return text;
}

std::string_view Protocols(const SasTerms& terms) {
  return terms.https_only ? "https" : "https,http";
}

std::string LinesBeforeName(const Grant& grant, const SasTerms& terms) {
  return Format("{}\n\n{}\n/blob/{}/{}/", grant.permissions, Utc(terms.expires_at), terms.account,
                terms.container);
}

// After "sr" come a snapshot, an encryption scope and five headers of the answer, all empty.
std::string LinesAfterName(const Grant& grant, const SasTerms& terms,
                           std::string_view signer_lines) {
  return Format("\n{}\n\n{}\n{}\n{}\n\n\n\n\n\n\n", signer_lines, Protocols(terms), kVersion,
                grant.resource);
}

std::string QueryUpToSignature(const Grant& grant, const SasTerms& terms,
                               std::string_view signer_query) {
  std::string query =
      Format("sv={}&spr={}&se={}&sr={}&sp={}", kVersion, PercentEncode(Protocols(terms)),
             PercentEncode(Utc(terms.expires_at)), grant.resource, grant.permissions);
  if (grant.depth > 0) query += Format("&sdd={}", grant.depth);
  return Format("{}{}&sig=", query, signer_query);
}

void AppendSignature(const crypto::Sha256Digest& mac, std::string& out) {
  std::string base64;
  AppendBase64(crypto::AsText(mac), base64);
  AppendPercentEncoded(base64, {}, out);
}

}  // namespace

Result<SasKey> SasKey::New(const UserDelegationKey& key) {
  const auto value = Base64Decode(key.value.Reveal());
  const auto expires_at = ParseIsoTime(key.expires_at);
  if (!value.ok() || value->empty() || !expires_at.ok()) {
    return CorruptData("the user delegation key is not one");
  }
  SasKey made(*value);
  made.expires_at_ = *expires_at;
  const std::pair<std::string_view, const std::string&> fields[] = {
      {"skoid", key.object_id}, {"sktid", key.tenant_id}, {"skt", key.starts_at},
      {"ske", key.expires_at},  {"sks", key.service},     {"skv", key.version}};
  for (const auto& [name, text] : fields) {
    made.signed_lines_ += Format("{}\n", text);
    made.query_ += Format("&{}={}", name, PercentEncode(text));
  }
  made.signed_lines_ += "\n\n";  // saoid, suoid; what follows is scid
  return made;
}

BlobSas::BlobSas(const SasKey& key, const SasTerms& terms)
    : hmac_(key.hmac()),
      before_(LinesBeforeName(kReadBlob, terms)),
      after_(LinesAfterName(kReadBlob, terms, key.signed_lines())),
      query_(QueryUpToSignature(kReadBlob, terms, key.query())) {}

void BlobSas::Append(std::string_view blob, std::string& out) const {
  out += query_;
  AppendSignature(hmac_.Mac({before_, blob, after_}), out);
}

std::string SignDirectory(const SasKey& key, const SasTerms& terms, std::string_view directory) {
  CHECK(!directory.empty() && !directory.starts_with('/') && !directory.ends_with('/'),
        "a directory below the container's root");
  const Grant grant = {.resource = "d",
                       .permissions = "rl",
                       .depth = static_cast<std::size_t>(std::ranges::count(directory, '/')) + 1};
  std::string query = QueryUpToSignature(grant, terms, key.query());
  AppendSignature(key.hmac().Mac({LinesBeforeName(grant, terms), directory,
                                  LinesAfterName(grant, terms, key.signed_lines())}),
                  query);
  return query;
}

}  // namespace sluice::storage::azure

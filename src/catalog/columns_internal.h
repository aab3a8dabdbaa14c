#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "catalog/model.h"
#include "db/database.h"

namespace sluice::catalog {

/// How the fields of the model stand in columns. Encoding: kInvalidArgument for a text that is not
/// UTF-8 or holds a NUL, and past a bound. Decoding: kCorruptData for what was not encoded here. A
/// structure that cannot be read is never taken for an empty one: an empty list of networks, say,
/// lets everybody in.

Result<std::string> EncodeMap(const std::map<std::string, std::string>& map, std::size_t max_size);
Result<std::map<std::string, std::string>> DecodeMap(const std::string& text);

Result<std::string> EncodeList(const std::vector<std::string>& list, std::size_t max_size);
Result<std::vector<std::string>> DecodeList(const std::string& text);

using Pairs = std::vector<std::pair<std::string, std::string>>;
Result<std::string> EncodePairs(const Pairs& pairs);
Result<Pairs> DecodePairs(const std::string& text);

std::string EncodeServing(const config::ServingTerms& serving);
Result<config::ServingTerms> DecodeServing(const std::string& text);

Result<std::string> EncodeFederation(const FederationRule& rule);
Result<FederationRule> DecodeFederation(const std::string& text);

Result<std::string> EncodeCertificate(const CertificateRule& rule);
Result<CertificateRule> DecodeCertificate(const std::string& text);

std::string EncodeDigest(const crypto::Sha256Digest& digest);
Result<crypto::Sha256Digest> DecodeDigest(const std::string& text);

inline db::Value TimeValue(SystemTime time) { return UnixMillis(time); }
db::Value TimeValue(const std::optional<SystemTime>& time);
inline db::Value TruthValue(bool truth) { return std::int64_t{truth}; }
SystemTime TimeOf(const db::Row& row, std::size_t column);
std::optional<SystemTime> OptionalTimeOf(const db::Row& row, std::size_t column);

}  // namespace sluice::catalog

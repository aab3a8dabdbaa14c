#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "catalog/model.h"

namespace sluice::admin {

// What owners ask for, as the REST surface, SQL and `sluice apply` all say it. A field that is not
// set stays as it is, or is the default of something new. JSON names are in camelCase.

/// `properties`, `tags` and `attributes` are replaced whole.
struct ShareRequest {
  std::optional<std::string> name;  ///< Of a new share, or its new name.
  std::optional<std::string> display_name;
  std::optional<std::string> comment;
  std::optional<std::map<std::string, std::string>> properties;
  std::optional<std::string> owner;  ///< A principal.
  std::optional<bool> purpose_required;
  std::optional<std::string> region;
  std::optional<catalog::Attributes> tags;
  std::optional<std::vector<std::string>> schemas;
  config::ServingTerms serving;
};

/// A table of a share, or a folder of them.
struct EntryRequest {
  std::optional<std::string> schema;
  std::optional<std::string> table;     ///< Not of a folder.
  std::optional<std::string> location;  ///< An absolute path or a URL.
  std::optional<std::string> comment;
  std::optional<bool> history_shared;
  std::optional<std::int64_t> start_version;
  std::optional<std::map<std::string, std::string>> aliases;  ///< Of a folder.
  std::optional<catalog::Attributes> tags;
  config::ServingTerms serving;
  bool unchecked = false;  ///< Do not look whether a table is there that can be served.
};

struct RecipientRequest {
  std::optional<std::string> name;
  std::optional<std::string> comment;
  std::optional<std::string> owner;
  std::optional<catalog::Attributes> attributes;
  std::optional<catalog::Attributes> tags;
  std::optional<std::vector<std::string>> allowed_networks;
  std::optional<std::string> region;
  std::optional<bool> enabled;
  std::optional<std::optional<SystemTime>> expires_at;  ///< Inner none: JSON null, never.
  std::optional<std::chrono::seconds> token_lifetime;   ///< 0: the server's.
  std::optional<std::optional<catalog::FederationRule>> federation;
  std::optional<std::optional<catalog::CertificateRule>> certificate;
};

struct TokenRequest {
  std::optional<std::chrono::seconds> lifetime;
  bool never_expires = false;
  std::string comment;
  std::string purpose;
};

struct RotationRequest {
  TokenRequest token;
  std::chrono::seconds grace = std::chrono::hours(24);
};

/// Reading of JSON bodies. Errors: kInvalidArgument naming the field, for one that is not known
/// (with the nearest known one), of another type or past a bound.
Result<ShareRequest> ParseShareRequest(const json::object& body);
Result<EntryRequest> ParseEntryRequest(const json::object& body);
Result<RecipientRequest> ParseRecipientRequest(const json::object& body);
Result<TokenRequest> ParseTokenRequest(const json::object& body);
Result<RotationRequest> ParseRotationRequest(const json::object& body);

/// Writing of what is there. Hashes of tokens are left out.
json::object ToJson(const catalog::ManagedShare& share);
json::object ToJson(const catalog::Entry& entry);
json::object ToJson(const catalog::ManagedRecipient& recipient);
json::object ToJson(const catalog::TokenRecord& token);
json::object ToJson(const catalog::Principal& principal);
json::object ToJson(const catalog::LocationRoot& root);
json::object ToJson(const catalog::Issuer& issuer);
json::object ToJson(const catalog::Quota& quota);
std::string TimeText(SystemTime time);
/// "2026-11-21T10:00:00Z", with or without milliseconds. Errors: kInvalidArgument.
Result<SystemTime> ParseTime(std::string_view text);

}  // namespace sluice::admin

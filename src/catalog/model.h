#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/named.h"
#include "base/result.h"
#include "config/serving_terms.h"
#include "config/share_config.h"
#include "crypto/hash.h"
#include "protocol/names.h"

namespace sluice::catalog {

// What owners manage, as the store keeps it. Ids are UUIDs as text; they never change and are never
// used again, while names may change. Names are unique and found regardless of ASCII case.

using RecipientName = Named<std::string, struct RecipientNameTag>;
using Attributes = std::map<std::string, std::string>;

/// Bounds of what an owner may write; past them: kInvalidArgument.
inline constexpr std::size_t kMaxAttributes = 50;
inline constexpr std::size_t kMaxTokensPerHolder = 20;  ///< Live ones.
inline constexpr std::size_t kMaxNetworks = 200;
inline constexpr std::size_t kMaxCommentBytes = 65'536;

/// A table in a share, or a folder of tables that shares whatever tables lie in it.
struct Entry {
  enum class Kind : std::uint8_t { kTable, kFolder };
  std::string id;  ///< Of a table: the one recipients see.
  Kind kind = Kind::kTable;
  std::string schema;
  std::string table;     ///< Empty for a folder.
  std::string location;  ///< An absolute path or a URL.
  std::string comment;
  bool history_shared = false;
  std::int64_t start_version = 0;
  config::ServingTerms serving;
  std::map<std::string, std::string> aliases;  ///< Of a folder: found name to shared name.
  Attributes tags;
};

struct ManagedShare {
  std::string id;
  std::string name;
  config::ShareDescription description;
  config::ServingTerms serving;
  std::string owner;              ///< A principal's name.
  bool purpose_required = false;  ///< Reads must say what for.
  std::string region;             ///< Where its data lies, for the cost of reading it elsewhere.
  Attributes tags;
  SystemTime created_at{};
  SystemTime updated_at{};
  std::vector<std::string> schemas;  ///< Those that may be empty; entries name further ones.
  std::vector<Entry> entries;        ///< Ordered by folded schema and table.
};

/// A bearer token of a recipient or of a principal. Only the hash is kept.
struct TokenRecord {
  std::string id;
  crypto::Sha256Digest sha256{};
  std::string comment;
  std::string purpose;  ///< Of reads with it, where a share wants one and the request names none.
  SystemTime created_at{};
  std::optional<SystemTime> expires_at;  ///< None only where the owner said so explicitly.
  std::optional<SystemTime> revoked_at;

  bool IsGoodAt(SystemTime now) const { return !revoked_at && (!expires_at || now < *expires_at); }
};

/// A recipient that shows tokens of an identity provider.
struct FederationRule {
  std::string issuer;                         ///< The name of a registered Issuer.
  std::string audience;                       ///< Must be in `aud`.
  std::map<std::string, std::string> claims;  ///< Each must be equal, or contained if a list.

  // For its profile: by what it gets tokens without a browser. Its secret is never told to us.
  std::string client_id;       ///< At the identity provider; empty: there is no such profile.
  std::string token_endpoint;  ///< A URL; empty: as the provider's own document says.
  std::string scope;           ///< Asked for with each token; may be empty.
};

/// A recipient that shows a client certificate: its subject (RFC 4514 text) or one of its
/// alternative names ("DNS:a.example.com", "URI:...", "email:...").
struct CertificateRule {
  std::string subject;
  std::string alternative_name;
};

struct Grant {
  std::string share_id;
  std::string granted_by;
  SystemTime granted_at{};
  std::optional<SystemTime> expires_at;
};

struct ManagedRecipient {
  std::string id;
  std::string name;
  std::string comment;
  std::string owner;      ///< A principal's name.
  Attributes attributes;  ///< For policies and reports: country, tier.
  Attributes tags;
  std::vector<std::string> allowed_networks;  ///< "203.0.113.0/24"; empty: from anywhere.
  std::string region;
  bool enabled = true;
  std::optional<SystemTime> expires_at;
  std::chrono::seconds token_lifetime{0};  ///< Of new tokens; 0: the server's.
  std::optional<FederationRule> federation;
  std::optional<CertificateRule> certificate;
  SystemTime created_at{};
  SystemTime updated_at{};
  std::vector<TokenRecord> tokens;
  std::vector<Grant> grants;
  std::map<std::string, std::string> databases;  ///< CREATE DATABASE: its name to the share's id.
};

/// A link that gives a profile once.
struct ActivationLink {
  std::string id;
  std::string recipient_id;
  crypto::Sha256Digest code_sha256{};
  SystemTime created_at{};
  SystemTime expires_at{};
  std::optional<SystemTime> used_at;
  std::chrono::seconds token_lifetime{0};  ///< Of the token that it will give; 0: the recipient's.
  std::string token_comment;
};

enum class Role : std::uint8_t { kAdmin, kShareOwner, kAuditor };
Result<Role> ParseRole(std::string_view text);
std::string_view RoleName(Role role);  ///< "admin", "share_owner", "auditor"

/// Somebody who may use the owner's surface.
struct Principal {
  std::string id;
  std::string name;
  Role role = Role::kAuditor;
  std::string comment;
  SystemTime created_at{};
  std::vector<TokenRecord> tokens;
};

/// A location below which tables may be shared, and by whom: admins, and the principals named.
struct LocationRoot {
  std::string id;
  std::string name;
  std::string location;
  std::string region;
  std::vector<std::string> principals;
};

/// An identity provider whose tokens are believed.
struct Issuer {
  std::string id;
  std::string name;
  std::string url;       ///< `iss`, exactly.
  std::string jwks_url;  ///< Empty: as its discovery document says.
};

enum class Measure : std::uint8_t { kRequests, kFiles, kBytes, kConcurrent };
enum class Window : std::uint8_t { kSecond, kDay, kMonth, kNone };  ///< kNone: for kConcurrent.
Result<Measure> ParseMeasure(
    std::string_view text);  ///< "requests", "files", "bytes", "concurrent"
std::string_view MeasureName(Measure measure);
Result<Window> ParseWindow(std::string_view text);  ///< "second", "day", "month", ""
std::string_view WindowName(Window window);

/// How much may be read. Days and months are those of UTC. Where several apply, all do.
struct Quota {
  std::string id;
  std::string recipient_id;  ///< Empty: each recipient by itself.
  std::string share_id;      ///< Empty: all shares together.
  Measure measure = Measure::kRequests;
  Window window = Window::kSecond;
  std::int64_t limit = 0;
};

}  // namespace sluice::catalog

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::http {

/// What the certificate of a TLS client says of who it is. It was verified: an authority of the
/// listener's file issued it for clients, its holder has the key, and its time is now.
struct PeerCertificate {
  /// RFC 4514 text, such as "CN=acme,O=Example", as `openssl x509 -subject -nameopt RFC2253` prints
  /// it: last part first, and bytes beyond ASCII as "\C3\A9". Empty if it has none.
  std::string subject;
  /// "DNS:a.example.com", "URI:spiffe://example.com/acme", "email:a@example.com", in their order.
  /// Names of other kinds, and any that holds a space, a control character or a byte beyond ASCII,
  /// are left out.
  std::vector<std::string> alternative_names;
};

/// A subject that is longer counts as none, and so do names past these.
inline constexpr std::size_t kMaxSubjectBytes = 4096;
inline constexpr std::size_t kMaxAlternativeNames = 100;
inline constexpr std::size_t kMaxAlternativeNameBytes = 1024;

}  // namespace sluice::http

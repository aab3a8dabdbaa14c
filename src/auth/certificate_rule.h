#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalog/model.h"
#include "http/peer_certificate.h"

namespace sluice::auth {

/// Whether a rule says whose certificates it means: a subject, an alternative name of a kind that
/// http::PeerCertificate has ("DNS:", "URI:", "email:"), or both. Errors: kInvalidArgument naming
/// what is missing, of another kind or longer than certificates' can be.
Result<void> CheckCertificateRule(const catalog::CertificateRule& rule);

/// Whether each that the rule names is the certificate's: the subject to the letter, one of the
/// alternative names to the letter but for the case of DNS names. A "*" in either is a "*". False
/// too for a rule that CheckCertificateRule refuses.
bool MatchesCertificateRule(const catalog::CertificateRule& rule,
                            const http::PeerCertificate& certificate);

/// Finds recipients by the certificates of TLS clients. Immutable; thread-safe.
class CertifiedRecipients {
 public:
  struct Member {
    std::string recipient;  ///< Its id, or what else the caller knows it by.
    catalog::CertificateRule rule;
  };

  CertifiedRecipients() = default;
  /// Rules that CheckCertificateRule refuses match nothing.
  explicit CertifiedRecipients(std::vector<Member> members);

  /// The one recipient whose rule fits. Costs a look-up for each of the certificate's names.
  /// Errors: kUnauthenticated if there is none, and if there are several; the detail tells.
  Result<std::string> Find(const http::PeerCertificate& certificate) const;

 private:
  std::vector<Member> members_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
};

}  // namespace sluice::auth

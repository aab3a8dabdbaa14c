#include "auth/certificate_rule.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/encoding.h"

namespace sluice::auth {
namespace {

constexpr std::string_view kDns = "DNS:";
constexpr std::string_view kKinds[] = {kDns, "URI:", "email:"};

/// An alternative name in the spelling by which it is compared.
std::string Folded(std::string_view name) {
  if (!name.starts_with(kDns)) return std::string(name);
  return std::string(kDns) + AsciiLower(name.substr(kDns.size()));
}

/// No alternative name begins so.
std::string KeyOfSubject(std::string_view subject) { return "subject:" + std::string(subject); }

}  // namespace

Result<void> CheckCertificateRule(const catalog::CertificateRule& rule) {
  if (rule.subject.empty() && rule.alternative_name.empty()) {
    return InvalidArgument("the rule names neither a subject nor an alternative name");
  }
  if (rule.subject.size() > http::kMaxSubjectBytes) {
    return InvalidArgument("the rule's subject is longer than {} bytes", http::kMaxSubjectBytes);
  }
  if (rule.alternative_name.empty()) return {};
  const std::string_view name = rule.alternative_name;
  const bool is_known = std::ranges::any_of(kKinds, [&](std::string_view kind) {
    return name.starts_with(kind) && name.size() > kind.size() &&
           name.size() <= kind.size() + http::kMaxAlternativeNameBytes;
  });
  if (!is_known) {
    return InvalidArgument(
        "the rule's alternative name is not DNS:, URI: or email: with up to {} "
        "bytes after it",
        http::kMaxAlternativeNameBytes);
  }
  return {};
}

bool MatchesCertificateRule(const catalog::CertificateRule& rule,
                            const http::PeerCertificate& certificate) {
  if (!CheckCertificateRule(rule).ok()) return false;
  if (!rule.subject.empty() && rule.subject != certificate.subject) return false;
  return rule.alternative_name.empty() ||
         std::ranges::find(certificate.alternative_names, Folded(rule.alternative_name), Folded) !=
             certificate.alternative_names.end();
}

CertifiedRecipients::CertifiedRecipients(std::vector<Member> members)
    : members_(std::move(members)) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const catalog::CertificateRule& rule = members_[i].rule;
    if (!CheckCertificateRule(rule).ok()) continue;
    const std::string key =
        rule.subject.empty() ? Folded(rule.alternative_name) : KeyOfSubject(rule.subject);
    by_name_[key].push_back(i);
  }
}

Result<std::string> CertifiedRecipients::Find(const http::PeerCertificate& certificate) const {
  std::vector<std::string> keys;
  for (const std::string& name : certificate.alternative_names) keys.push_back(Folded(name));
  keys.push_back(KeyOfSubject(certificate.subject));
  const Error refused = Unauthenticated("the certificate is no recipient's");
  const Member* found = nullptr;
  for (const std::string& key : keys) {
    const auto named = by_name_.find(key);
    if (named == by_name_.end()) continue;
    for (const std::size_t index : named->second) {
      const Member& member = members_[index];
      if (&member == found || !MatchesCertificateRule(member.rule, certificate)) continue;
      if (found != nullptr) {
        return WithDetail(
            refused, Format("recipients {} and {} both fit", found->recipient, member.recipient));
      }
      found = &member;
    }
  }
  if (found == nullptr) {
    return WithDetail(refused, Format("no recipient's rule fits {}", certificate.subject));
  }
  return found->recipient;
}

}  // namespace sluice::auth

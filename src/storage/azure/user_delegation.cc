#include "storage/azure/user_delegation.h"

#include <pugixml.hpp>
#include <utility>

#include "storage/azure/times.h"

namespace sluice::storage::azure {
namespace {

constexpr std::chrono::minutes kBackdated{5};
constexpr std::chrono::hours kLifetime{7 * 24};

}  // namespace

std::string UserDelegationKeyRequest(SystemTime now) {
  const SystemTime start = now - kBackdated;
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>";
  AppendUtcSeconds(start, xml);
  xml += "</Start><Expiry>";
  AppendUtcSeconds(start + kLifetime, xml);
  xml += "</Expiry></KeyInfo>";
  return xml;
}

Result<UserDelegationKey> ParseUserDelegationKey(std::string_view xml) {
  pugi::xml_document document;
  const bool is_xml = static_cast<bool>(document.load_buffer(xml.data(), xml.size()));
  const pugi::xml_node root = document.child("UserDelegationKey");
  UserDelegationKey key;
  const std::pair<const char*, std::string*> fields[] = {
      {"SignedOid", &key.object_id},   {"SignedTid", &key.tenant_id},
      {"SignedStart", &key.starts_at}, {"SignedExpiry", &key.expires_at},
      {"SignedService", &key.service}, {"SignedVersion", &key.version}};
  for (const auto& [name, field] : fields) {
    *field = root.child_value(name);
    if (!is_xml || field->empty()) {
      return WithDetail(Unavailable("the store gave no user delegation key"),
                        Format("its answer has no {}", name));
    }
  }
  key.value = Secret(root.child_value("Value"));
  return key;
}

}  // namespace sluice::storage::azure

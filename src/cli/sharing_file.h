#pragma once

#include "base/result.h"
#include "cli/apply_plan.h"
#include "config/yaml.h"

namespace sluice::cli {

// The file of `sluice apply`: what is to be shared with whom, without secrets.
//
//   version: 1                         # may be absent
//   roots:
//   - {name: lake, location: /data/lake, region: eu-west-1, principals: [ann]}
//   issuers:
//   - {name: corporate, url: "https://login.example.com/tenant", jwksUrl: "https://..."}
//   shares:
//   - name: sales
//     comment: Daily sales             # and displayName, owner, purposeRequired, region, tags,
//     properties: {domain: retail}     # delivery, freshness, serveStaleFor, downloadsNeedToken
//     schemas:
//     - name: retail
//       tables:
//       - name: orders
//         location: warehouse/orders   # or absolute, or a URL; relative to this file's folder
//         historyShared: true          # and comment, startVersion, tags, delivery, ...
//     folders:
//     - location: warehouse/raw
//       schema: raw                    # may be absent; and comment, historyShared, aliases, ...
//   recipients:
//   - name: acme
//     attributes: {country: FR}        # and comment, owner, tags, region, enabled
//     allowedNetworks: [203.0.113.0/24]
//     tokenLifetime: 90d
//     expiresAt: 2027-12-31            # or never
//     federation: {issuer: corporate, audience: sluice, claims: {groups: readers}}  # or null
//     certificate: {subject: "CN=reader", alternativeName: "DNS:reader.example"}    # or null
//   grants:
//   - {share: sales, to: [acme, globex], expiresAt: 2027-01-31}
//   quotas:
//   - {measure: bytes, limit: 50GiB, window: day, recipient: acme, share: sales}

/// Reads the model out of a document. Errors: kInvalidArgument "FILE:LINE: ..." for an unknown key
/// (with the nearest known one), a wrong type, a missing name, or a thing named twice. Whether
/// names, networks and URLs can be is the server's to say.
Result<WantedCatalog> ReadSharingFile(const config::YamlDocument& document);

}  // namespace sluice::cli

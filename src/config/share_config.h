#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/serving_terms.h"
#include "config/setting.h"
#include "config/store_options.h"
#include "config/yaml.h"

namespace sluice::config {

// The configuration file: the YAML of the reference server, every key of it, and some of our own.
//
//   version: 1                       # may be absent
//   shares:
//   - name: retail
//     displayName: Retail            # ours, as are the next two: for people who browse the share
//     comment: Orders and refunds
//     properties: {owner: sales}
//     schemas:
//     - name: sales
//       tables:
//       - name: orders
//         location: /data/orders     # or relative to this file's folder, file://, s3://
//         id: eb6f82f5-...           # optional
//         historyShared: false
//         startVersion: 0
//         delivery: proxy            # ours, as are the next two; also on a share
//         freshness: 10s
//         serveStaleFor: 5m
//       - refunds                    # short: found in `tables`, else tablesRoot/sales/refunds
//   authorization: {bearerToken: ...}
//   ssl, host, port, endpoint, ...   # the reference's settings; see kReferenceKeys
//   allowAnonymous: false            # ours
//   tables: {refunds: /data/refunds} # ours
//   tablesRoot: /data                # ours
//   stores:                          # ours: where tables lie that are not on this machine
//   - {name: lake, prefix: "s3://lake", endpoint: "https://minio:9000"}
//   sluice: {urlLifetime: 1h}        # ours: every setting of server_options.h

/// A table as a configuration names it; checked and given an id by the catalog.
struct ConfiguredTable {
  std::string name;
  std::string location;  ///< An absolute path, or a URL as it was written.
  std::string id;        ///< Empty: to be derived from the name.
  bool history_shared = false;
  std::int64_t start_version = 0;  ///< At least 0.
  ServingTerms serving;
  std::string where;  ///< "FILE:LINE" for errors; may be empty.
};

struct ConfiguredSchema {
  std::string name;
  std::vector<ConfiguredTable> tables;
  std::string where;
};

/// What people who browse a share are told of it.
struct ShareDescription {
  std::string display_name;  ///< At most 255 characters, as all three by the protocol.
  std::string comment;       ///< At most 65,536.
  std::vector<std::pair<std::string, std::string>> properties;  ///< At most 50, 255 and 1,000 long.
};

struct ConfiguredShare {
  std::string name;
  ShareDescription description;
  ServingTerms serving;
  std::vector<ConfiguredSchema> schemas;
  std::string where;
};

struct ShareConfig {
  std::vector<ConfiguredShare> shares;
  std::optional<Secret> bearer_token;  ///< None: whoever reaches the server is "anonymous".
  std::vector<StoreOptions> stores;
  bool allow_anonymous = false;        ///< Even on an address that others can reach.
  std::vector<GivenSetting> settings;  ///< Of the reference's keys and of `sluice:`.
  /// Keys of the reference that the file gives and that change nothing here, as "FILE:LINE: ...".
  std::vector<std::string> without_effect;
};

/// Reads the model out of a document. Errors: kInvalidArgument "FILE:LINE: ..." for an unknown key
/// (with the nearest known one), a wrong type, a missing name, a table without location or a name
/// given twice in one place regardless of ASCII case.
Result<ShareConfig> ReadShareConfig(const YamlDocument& document);

}  // namespace sluice::config

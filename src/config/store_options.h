#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/setting.h"

namespace sluice::config {

/// A store as the owner describes it: one entry of `stores:` in the configuration file. What is
/// left empty comes from where that cloud's own programs look: environment, shared files, the
/// machine's identity. Which fields count for which kind: docs/guide/storage.md.
struct StoreOptions {
  std::string name;    ///< For logs and metrics; unique.
  std::string prefix;  ///< Canonical ("s3://bucket/folder"): what lies there or below it. The
                       ///< longest prefix of all stores counts.

  // Where it is reached.
  std::string endpoint;         ///< "https://minio.example.com:9000"; empty: the cloud's own.
  std::string public_endpoint;  ///< The same for the URLs that recipients get; empty: `endpoint`.
  std::string region;           ///< S3; empty: the environment's, else "us-east-1".
  std::string profile;          ///< S3: "aws", "minio", "ceph", "r2", "seaweedfs", "ecs".
  std::string path_style;       ///< S3: "auto", "true", "false".
  std::string account;          ///< Azure: for az://container/key.

  // Who reads. A key of one cloud is refused beside one of another.
  std::string aws_profile;  ///< Of the shared credentials and config files.
  std::string access_key_id;
  std::string secret_access_key_file;
  std::string session_token_file;
  std::string role_arn;  ///< Assumed with what the rest of the chain gives.
  std::string external_id;
  std::string dir_role_arn;  ///< Of recipients' temporary credentials, see storage/s3/vendor.h.
  std::string web_identity_token_file;
  std::string account_key_file;  ///< Azure's shared key.
  std::string sas_token_file;
  std::string tenant_id;
  std::string client_id;
  std::string client_secret_file;
  std::string federated_token_file;
  std::string service_account_file;  ///< Google's JSON.
  bool anonymous = false;            ///< Nothing is signed: the store is public.

  // S3's further terms.
  bool requester_pays = false;
  std::string kms_key_id;         ///< SSE-KMS: for what Sluice writes.
  std::string customer_key_file;  ///< SSE-C: 32 bytes, base64. Delivered by `proxy` alone.

  // How it is asked.
  std::string ca_file;
  std::string proxy;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{30'000};  ///< With all its retries.
  std::int64_t max_attempts = 5;
  std::int64_t max_connections = 64;
  std::chrono::milliseconds hedge_after{0};  ///< Reads of a log are sent again after this; 0: not.

  bool operator==(const StoreOptions&) const = default;
};

/// The rows that say how `StoreOptions` is written, in the order of the reference.
std::span<const Setting<StoreOptions>> StoreSettings();
std::vector<SettingRow> StoreSettingRows();

}  // namespace sluice::config

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "crypto/signing_key.h"

namespace sluice::audit {

/// What a node vouches for at one size of its tree.
struct TreeHead {
  std::string node;
  std::int64_t size = 0;  ///< Records 0 to size - 1.
  Hash root{};
  SystemTime time{};
  std::string signature;  ///< Ed25519 over TreeHeadText, the bytes themselves.

  bool operator==(const TreeHead&) const = default;
};

/// The signed text: "sluice audit tree v1\nNODE\nSIZE\nROOT in base64\nMILLISECONDS\n".
std::string TreeHeadText(const TreeHead& head);

/// Names that can be signed for: 1 to 128 letters, digits and "._:-".
bool IsNodeName(std::string_view node);

/// Sets the signature. Errors: kInternal.
Result<void> SignTreeHead(const crypto::SigningKey& key, TreeHead& head);
/// Whether one of the keys made the signature: a node's key changes with the master secret.
bool IsSignedByOne(const std::vector<crypto::VerifyKey>& keys, const TreeHead& head);

/// One line of JSON: {"node":"n","size":3,"root":BASE64,"time":"2026-...Z","signature":BASE64}.
std::string EncodeTreeHead(const TreeHead& head);
/// Checks the form, not the signature. Errors: kMalformed.
Result<TreeHead> DecodeTreeHead(std::string_view line);

/// The same of JSON that was parsed already.
Result<TreeHead> ReadTreeHead(const json::value& value);

/// Base64 (RFC 4648, section 4) of a hash, as it stands in all of our JSON. Errors: kMalformed.
Result<Hash> DecodeHash(std::string_view base64);

/// The lines of a `heads` file. One without its end, torn by a crash, is no head.
struct HeadLines {
  std::vector<std::string_view> lines;
  std::size_t whole_bytes = 0;
};
HeadLines SplitHeads(std::string_view text);

}  // namespace sluice::audit

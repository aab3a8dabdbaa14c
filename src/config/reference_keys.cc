#include "config/reference_keys.h"

#include <algorithm>
#include <string>

#include "config/value.h"
#include "config/yaml_fields.h"

namespace sluice::config {
namespace {

constexpr std::int64_t kDefaultPort = 8080;  // the reference takes 80, which needs root
constexpr std::int64_t kMaxPort = 65'535;

/// A number, and the unit that it has as a setting of ours.
struct NumberKey {
  std::string_view key;
  std::string_view setting;
  std::string_view unit;
};
constexpr NumberKey kNumberKeys[] = {
    {"preSignedUrlTimeoutSeconds", "url_lifetime", "s"},
    {"temporaryCredentialValiditySeconds", "credential_lifetime", "s"},
    {"requestTimeoutSeconds", "request_timeout", "s"},
    {"queryTablePageSizeLimit", "max_page_files", ""},
    {"queryTablePageTokenTtlMs", "page_token_lifetime", "ms"},
    {"refreshTokenTtlMs", "refresh_token_lifetime", "ms"},
};

struct IdleKey {
  std::string_view key;
  bool is_bool;
  std::string_view why;
};
constexpr std::string_view kHintsAlways = "hints of both kinds are always used";
constexpr IdleKey kIdleKeys[] = {
    {"deltaTableCacheSize", false, "the cache is bounded by sluice.tableCacheBytes"},
    {"stalenessAcceptable", true, "every query sees the last commit"},
    {"evaluatePredicateHints", true, kHintsAlways},
    {"evaluateJsonPredicateHints", true, kHintsAlways},
    {"evaluateJsonPredicateHintsV2", true, kHintsAlways},
};

const YamlEntry* FindEntry(const YamlNode& map, std::string_view key) {
  const auto found = std::ranges::find(map.entries, key, &YamlEntry::key);
  return found == map.entries.end() ? nullptr : &*found;
}

class ReferenceReader {
 public:
  ReferenceReader(const YamlDocument& document, ShareConfig& config)
      : document_(document), config_(config) {}

  Result<void> Read() {
    TRY(ReadAddress());
    if (const YamlEntry* endpoint = Find("endpoint")) {
      std::string prefix = TRY(ReadText(document_, *endpoint));
      while (prefix.ends_with('/')) prefix.pop_back();
      Give("prefix", std::move(prefix), endpoint->line);
    }
    if (const YamlEntry* ssl = Find("ssl")) TRY(ReadSsl(*ssl));
    for (const NumberKey& known : kNumberKeys) {
      const YamlEntry* entry = Find(known.key);
      if (entry == nullptr) continue;
      const std::int64_t number = TRY(ReadInteger(document_, *entry));
      Give(known.setting, Format("{}{}", number, known.unit), entry->line);
    }
    return NoteIdleKeys();
  }

 private:
  const YamlEntry* Find(std::string_view key) const { return FindEntry(document_.root, key); }

  void Give(std::string_view setting, std::string text, int line) {
    config_.settings.push_back({.name = std::string(setting),
                                .layer = Layer::kReferenceKey,
                                .where = document_.At(line),
                                .items = {std::move(text)}});
  }

  /// `host` is where the reference is reached, not where it listens: that is everywhere. We listen
  /// on an address if `host` is one, everywhere if it is a name, and build links from that name.
  Result<void> ReadAddress() {
    const YamlEntry* host_entry = Find("host");
    const YamlEntry* port_entry = Find("port");
    if (host_entry == nullptr && port_entry == nullptr) return {};
    std::string host = "localhost";
    std::int64_t port = kDefaultPort;
    if (host_entry != nullptr) host = TRY(ReadText(document_, *host_entry));
    if (port_entry != nullptr) port = TRY(ReadInteger(document_, *port_entry, 0, kMaxPort));

    const int line = port_entry != nullptr ? port_entry->line : host_entry->line;
    const bool is_ipv6 = host.find(':') != std::string::npos;
    const bool is_ipv4 = host.find_first_not_of("0123456789.") == std::string::npos;
    if (host == "localhost") {
      Give("listen", Format("127.0.0.1:{}", port), line);
    } else if (is_ipv6 || is_ipv4) {
      const HostPort address{host, static_cast<std::uint16_t>(port)};
      Give("listen", address.ToString(), line);
    } else {
      Give("listen", Format("0.0.0.0:{}", port), line);
      Give("public_url", PublicUrl(host, port), line);
    }
    return {};
  }

  std::string PublicUrl(const std::string& host, std::int64_t port) const {
    const bool has_tls = Find("ssl") != nullptr;
    const std::string_view scheme = has_tls ? "https" : "http";
    const std::int64_t usual_port = has_tls ? 443 : 80;
    return port == usual_port ? Format("{}://{}", scheme, host)
                              : Format("{}://{}:{}", scheme, host, port);
  }

  Result<void> ReadSsl(const YamlEntry& ssl) {
    TRY(ExpectMap(document_, ssl));
    for (const YamlEntry& entry : ssl.value.entries) {
      if (entry.key == "selfSigned") {
        Give("tls_self_signed", FormatBool(TRY(ReadBool(document_, entry))), entry.line);
      } else if (entry.key == "certificateFile") {
        TRY(GivePath("tls_certificate", entry));
      } else if (entry.key == "certificateKeyFile") {
        TRY(GivePath("tls_key", entry));
      } else if (entry.key == "certificatePasswordFile") {
        TRY(GivePath("tls_password_file", entry));
      } else {
        return UnknownKey(
            document_, entry, "ssl",
            {"selfSigned", "certificateFile", "certificateKeyFile", "certificatePasswordFile"});
      }
    }
    return CheckSsl(ssl);
  }

  Result<void> GivePath(std::string_view setting, const YamlEntry& entry) {
    const std::string path = TRY(ReadText(document_, entry));
    Give(setting, ResolvePath(document_, path), entry.line);
    return {};
  }

  Result<void> CheckSsl(const YamlEntry& ssl) const {
    const YamlEntry* self_signed = FindEntry(ssl.value, "selfSigned");
    if (self_signed != nullptr && TRY(ReadBool(document_, *self_signed))) return {};
    for (const std::string_view key : {"certificateFile", "certificateKeyFile"}) {
      if (FindEntry(ssl.value, key) != nullptr) continue;
      return FaultAt(document_, ssl.line, "ssl: {} is missing, and selfSigned is not true", key);
    }
    return {};
  }

  Result<void> NoteIdleKeys() {
    for (const YamlEntry& entry : document_.root.entries) {
      const auto known = std::ranges::find(kIdleKeys, entry.key, &IdleKey::key);
      if (known == std::end(kIdleKeys)) continue;
      if (known->is_bool) {
        TRY(ReadBool(document_, entry));
      } else {
        TRY(ReadInteger(document_, entry, std::numeric_limits<std::int64_t>::min()));
      }
      config_.without_effect.push_back(
          Format("{}: {} has no effect: {}", document_.At(entry.line), entry.key, known->why));
    }
    return {};
  }

  const YamlDocument& document_;
  ShareConfig& config_;
};

}  // namespace

const std::vector<std::string_view>& ReferenceKeys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all = {"host", "port", "endpoint", "ssl"};
    for (const NumberKey& known : kNumberKeys) all.push_back(known.key);
    for (const IdleKey& known : kIdleKeys) all.push_back(known.key);
    return all;
  }();
  return keys;
}

Result<void> ReadReferenceKeys(const YamlDocument& document, ShareConfig& config) {
  return ReferenceReader(document, config).Read();
}

}  // namespace sluice::config

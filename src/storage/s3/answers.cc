#include "storage/s3/answers.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "storage/s3/xml_internal.h"
#include "storage/wire_time.h"

namespace sluice::storage::s3 {
namespace {

constexpr std::size_t kMaxMessageBytes = 300;

Error BadList(std::string detail) {
  return WithDetail(Unavailable("the store's list cannot be trusted"), std::move(detail));
}

std::string Shortened(std::string text) {
  text.resize(std::min(text.size(), kMaxMessageBytes));
  return text;
}

/// Undoes `encoding-type=url`: as forms are encoded by Amazon and MinIO, whose space is '+'; as
/// URLs by others, whose '+' is encoded too.
Result<std::string> DecodeKey(std::string key, bool is_encoded) {
  if (!is_encoded) return key;
  std::ranges::replace(key, '+', ' ');
  auto decoded = PercentDecode(key);
  if (!decoded.ok()) return BadList("a key is badly encoded: " + Shortened(key));
  return decoded;
}

Result<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t size = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (failure != std::errc() || stop != text.data() + text.size()) {
    return BadList("an object has no size");
  }
  return size;
}

Result<ObjectInfo> ReadObject(const pugi::xml_node& node) {
  ObjectInfo info;
  info.size_bytes = TRY(ParseSize(ChildText(node, "Size")));
  const auto modified_at = ParseIsoTime(ChildText(node, "LastModified"));
  if (!modified_at.ok()) return BadList("an object has no time: " + modified_at.error().detail);
  info.modified_at = std::chrono::floor<std::chrono::seconds>(*modified_at);
  info.etag = QuotedEtag(ChildText(node, "ETag"));
  return info;
}

/// A key of an answer, whole. Errors: kUnavailable if it is not below the prefix.
Result<std::string> ReadKey(const pugi::xml_node& root, std::string text, const ListTerms& terms) {
  std::string key = TRY(DecodeKey(std::move(text), ChildText(root, "EncodingType") == "url"));
  if (key.starts_with(terms.prefix)) return key;
  return BadList(Format("'{}' does not begin with '{}'", Shortened(key), terms.prefix));
}

Result<void> ReadObjects(const pugi::xml_node& root, const ListTerms& terms, ListAnswer& answer) {
  std::string previous(terms.after);
  for (const pugi::xml_node node : root.children("Contents")) {
    std::string key = TRY(ReadKey(root, ChildText(node, "Key"), terms));
    if (key <= previous) {
      return BadList(Format("'{}' comes after '{}'", Shortened(key), Shortened(previous)));
    }
    ObjectInfo info = TRY(ReadObject(node));
    info.name = key.substr(terms.prefix.size());
    previous = key;
    answer.last_key = std::move(key);
    // An object may be named like the directory itself: consoles make such.
    if (info.name.empty() || info.name.find('/') != std::string::npos) continue;
    answer.objects.push_back(std::move(info));
  }
  return {};
}

Result<void> ReadFolders(const pugi::xml_node& root, const ListTerms& terms, ListAnswer& answer) {
  for (const pugi::xml_node node : root.children("CommonPrefixes")) {
    const std::string key = TRY(ReadKey(root, ChildText(node, "Prefix"), terms));
    std::string name = key.substr(terms.prefix.size());
    if (!name.ends_with('/')) return BadList(Format("'{}' is no folder", Shortened(key)));
    name.pop_back();
    if (name.find('/') != std::string::npos) {
      return BadList(Format("'{}' is no folder of '{}'", Shortened(key), terms.prefix));
    }
    if (!name.empty()) answer.folders.push_back(std::move(name));
  }
  return {};
}

}  // namespace

std::string QuotedEtag(std::string_view etag) {
  if (etag.empty() || etag.ends_with('"')) return std::string(etag);
  return Format("\"{}\"", etag);
}

ErrorAnswer ParseErrorAnswer(std::string_view xml) {
  pugi::xml_document document;
  if (xml.empty() || !LoadXml(xml, document)) return {};
  pugi::xml_node error = document.child("Error");                      // S3
  if (!error) error = document.child("ErrorResponse").child("Error");  // STS
  return {.code = Shortened(ChildText(error, "Code")),
          .message = Shortened(ChildText(error, "Message")),
          .region = Shortened(ChildText(error, "Region")),
          .endpoint = Shortened(ChildText(error, "Endpoint"))};
}

Result<ListAnswer> ParseListAnswer(std::string_view xml, const ListTerms& terms) {
  pugi::xml_document document;
  if (!LoadXml(xml, document)) return BadList("the answer is no XML");
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return BadList("the answer is no ListBucketResult");
  ListAnswer answer;
  TRY(terms.is_of_folders ? ReadFolders(root, terms, answer) : ReadObjects(root, terms, answer));
  if (ChildText(root, "IsTruncated") == "true") {
    answer.next_token = ChildText(root, "NextContinuationToken");
    if (answer.next_token.empty()) return BadList("the list goes on, but the answer says not how");
  }
  return answer;
}

Result<Expiring<Credentials>> ParseStsAnswer(std::string_view xml, std::string_view action) {
  const auto refuse = [](std::string_view why) {
    return WithDetail(Unavailable("the token service's answer cannot be understood"),
                      std::string(why));
  };
  pugi::xml_document document;
  if (!LoadXml(xml, document)) return refuse("it is no XML");
  const pugi::xml_node node = document.child(Format("{}Response", action).c_str())
                                  .child(Format("{}Result", action).c_str())
                                  .child("Credentials");
  const auto expires_at = ParseIsoTime(ChildText(node, "Expiration"));
  Expiring<Credentials> found{
      .value = {.access_key_id = ChildText(node, "AccessKeyId"),
                .secret_access_key = Secret(ChildText(node, "SecretAccessKey")),
                .session_token = Secret(ChildText(node, "SessionToken"))},
      .expires_at = {}};
  if (found.value.access_key_id.empty() || found.value.secret_access_key.empty() ||
      found.value.session_token.empty() || !expires_at.ok()) {
    return refuse("it has no credentials, or not all of them");
  }
  found.expires_at = *expires_at;
  return found;
}

}  // namespace sluice::storage::s3

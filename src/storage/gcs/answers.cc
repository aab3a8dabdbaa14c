#include "storage/gcs/answers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.h"
#include "storage/wire_time.h"

namespace sluice::storage::gcs {
namespace {

constexpr std::size_t kMaxDescriptionBytes = 300;
constexpr std::size_t kMaxTokenBytes = 16 << 10;
constexpr std::size_t kMaxGenerationDigits = 19;  // Of 2^63.

constexpr JsonLimits kLimits = {.max_bytes = kMaxAnswerBytes, .max_depth = 20};

Error BadAnswer(std::string detail) {
  return WithDetail(Unavailable("the store's answer is not understood"), std::move(detail));
}

Result<json::object> ParseAnswer(std::string_view body) {
  Result<json::value> parsed = ParseJson(body, kLimits);
  if (!parsed.ok()) return BadAnswer(parsed.error().ToString());
  if (!parsed->is_object()) return BadAnswer("not a JSON object");
  return std::move(parsed->get_object());
}

/// The member if it is text, else empty.
std::string_view TextOf(const json::object& object, std::string_view key) {
  const json::value* member = FindMember(object, key);
  if (member == nullptr || !member->is_string()) return {};
  return member->get_string();
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsGeneration(std::string_view text) {
  return !text.empty() && text.size() <= kMaxGenerationDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Its name is the whole one.
Result<ObjectInfo> ParseInfo(const json::object& object) {
  const std::string_view name = TextOf(object, "name");
  const auto size_bytes = ParseNumber<std::uint64_t>(TextOf(object, "size"));
  const auto modified_at = ParseIsoTime(TextOf(object, "updated"));
  const std::string_view generation = TextOf(object, "generation");
  if (name.empty() || !size_bytes || !modified_at.ok() || !IsGeneration(generation)) {
    return BadAnswer("an object without name, size, updated or generation");
  }
  return ObjectInfo{.name = std::string(name),
                    .size_bytes = *size_bytes,
                    .modified_at = *modified_at,
                    .etag = EtagOf(generation)};
}

}  // namespace

std::string_view GenerationOf(std::string_view etag) {
  if (etag.size() < 3 || !etag.starts_with('"') || !etag.ends_with('"')) return {};
  const std::string_view generation = etag.substr(1, etag.size() - 2);
  return IsGeneration(generation) ? generation : std::string_view();
}

std::string EtagOf(std::string_view generation) { return Format("\"{}\"", generation); }

Result<ObjectList> ParseObjectList(std::string_view body, const ListScope& scope) {
  const json::object answer = TRY(ParseAnswer(body));
  ObjectList list;
  list.next_page_token = TextOf(answer, "nextPageToken");
  const json::value* items = FindMember(answer, "items");
  if (items == nullptr) return list;
  if (!items->is_array()) return BadAnswer("items is not an array");
  list.objects.reserve(items->get_array().size());
  std::string previous(scope.start_after);
  for (const json::value& item : items->get_array()) {
    if (!item.is_object()) return BadAnswer("an item is not a JSON object");
    ObjectInfo info = TRY(ParseInfo(item.get_object()));
    if (info.name == scope.start_after || info.name == scope.prefix) continue;
    if (!info.name.starts_with(scope.prefix) ||
        info.name.find('/', scope.prefix.size()) != std::string::npos) {
      return BadAnswer(Format("{} is not in {}", info.name, scope.prefix));
    }
    if (info.name <= previous) {
      return BadAnswer(Format("{} comes after {}", info.name, previous));
    }
    previous = info.name;
    info.name.erase(0, scope.prefix.size());
    list.objects.push_back(std::move(info));
  }
  return list;
}

Result<FolderList> ParseFolderList(std::string_view body, std::string_view prefix) {
  const json::object answer = TRY(ParseAnswer(body));
  FolderList list;
  list.next_page_token = TextOf(answer, "nextPageToken");
  const json::value* prefixes = FindMember(answer, "prefixes");
  if (prefixes == nullptr) return list;
  if (!prefixes->is_array()) return BadAnswer("prefixes is not an array");
  for (const json::value& item : prefixes->get_array()) {
    if (!item.is_string()) return BadAnswer("a prefix is not text");
    const std::string_view folder = item.get_string();
    if (!folder.starts_with(prefix) || folder.find('/', prefix.size()) != folder.size() - 1) {
      return BadAnswer(Format("{} is not a folder in {}", folder, prefix));
    }
    const std::string_view name = folder.substr(prefix.size(), folder.size() - prefix.size() - 1);
    if (!name.empty()) list.folders.emplace_back(name);
  }
  return list;
}

Result<ObjectInfo> ParseObject(std::string_view body) {
  const json::object answer = TRY(ParseAnswer(body));
  return ParseInfo(answer);
}

Result<TokenAnswer> ParseToken(std::string_view body) {
  const json::object answer = TRY(ParseAnswer(body));
  const std::string_view token = TextOf(answer, "access_token");
  const bool is_clean = std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
  if (token.empty() || token.size() > kMaxTokenBytes || !is_clean) {
    return BadAnswer("an answer without access_token");
  }
  TokenAnswer result = {.token = Secret(std::string(token)), .lifetime = std::nullopt};
  const json::value* lifetime = FindMember(answer, "expires_in");
  if (lifetime == nullptr) return result;
  const std::int64_t* seconds = lifetime->if_int64();
  if (seconds == nullptr || *seconds <= 0 || *seconds > 1'000'000) {
    return BadAnswer("expires_in is not a number of seconds");
  }
  result.lifetime = std::chrono::seconds(*seconds);
  return result;
}

std::string DescribeError(std::string_view body) {
  std::string word(body.substr(0, kMaxDescriptionBytes));
  const Result<json::object> answer = ParseAnswer(body);
  if (answer.ok()) {
    const json::value* error = FindMember(*answer, "error");
    if (error != nullptr && error->is_object()) {
      word = TextOf(error->get_object(), "message");
    } else if (error != nullptr && error->is_string()) {
      word = Format("{} {}", TextOf(*answer, "error"), TextOf(*answer, "error_description"));
    }
  }
  word.resize(std::min(word.size(), kMaxDescriptionBytes));
  for (char& c : word) {
    if (c < ' ' || c > '~') c = ' ';
  }
  return word;
}

}  // namespace sluice::storage::gcs

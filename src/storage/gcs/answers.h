#pragma once

// Answers of Google's services, as far as a store reads them. Numbers are text in them:
//   list    {"items": [OBJECT, ...], "prefixes": ["log/sub/", ...], "nextPageToken": "..."}, each
//           member only where there is any
//   object  {"name": "log/0.json", "size": "12", "updated": "2026-11-21T10:00:00.123Z",
//            "generation": "1795255200123456"}
//   error   {"error": {"code": 403, "message": "..."}}, or plain text
//   token   {"access_token": "...", "expires_in": 3599, "token_type": "Bearer"}, or in its place
//           {"error": "invalid_grant", "error_description": "..."}
// Source: Cloud Storage JSON API v1, "Objects: list", "Objects"; RFC 6749, section 5.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "storage/object_store.h"

namespace sluice::storage::gcs {

/// No answer that is read as a whole is longer: 1,000 objects of the longest names take 8 MB.
inline constexpr std::size_t kMaxAnswerBytes = 16 << 20;

/// What a list was asked for, by whole names of objects.
struct ListScope {
  std::string_view prefix;       ///< With its '/' at the end; empty: the bucket itself.
  std::string_view start_after;  ///< Empty: from the beginning.
};

struct ObjectList {
  std::vector<ObjectInfo> objects;
  std::string next_page_token;  ///< Empty at the end.
};

/// Leaves out `start_after` itself, which the service gives again, and an object that has the name
/// of the directory. Errors: kUnavailable if the answer is no list, or its names do not ascend,
/// come before `start_after` or lie elsewhere.
Result<ObjectList> ParseObjectList(std::string_view body, const ListScope& scope);

struct FolderList {
  std::vector<std::string> folders;  ///< Named by what follows the prefix, without a '/'.
  std::string next_page_token;       ///< Empty at the end.
};

/// The folders directly below `prefix`, as the answer has them: nothing hangs on their order. One
/// without a name is left out. Errors: kUnavailable if the answer is no list, or tells of others.
Result<FolderList> ParseFolderList(std::string_view body, std::string_view prefix);

/// Errors: kUnavailable if the answer does not describe an object.
Result<ObjectInfo> ParseObject(std::string_view body);

struct TokenAnswer {
  Secret token;
  std::optional<std::chrono::seconds> lifetime;  ///< Not all services tell.
};
/// Errors: kUnavailable if the answer is no token.
Result<TokenAnswer> ParseToken(std::string_view body);

/// What an answer that is no success says, in one line of at most 300 bytes, for the log.
std::string DescribeError(std::string_view body);

/// The generation in an etag that this store made: `"1795255200123456"`. Empty if it is another's.
std::string_view GenerationOf(std::string_view etag);
std::string EtagOf(std::string_view generation);

}  // namespace sluice::storage::gcs

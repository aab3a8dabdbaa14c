#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/credential_cache.h"
#include "storage/object_store.h"
#include "storage/s3/credentials.h"

// What S3 and STS answer, as XML (Amazon S3 API Reference; AWS STS API Reference).

namespace sluice::storage::s3 {

/// Why a request was refused. What the answer does not say is empty.
struct ErrorAnswer {
  std::string code;      ///< "NoSuchKey".
  std::string message;   ///< The service's own, for the log; at most 300 bytes.
  std::string region;    ///< Where the bucket is, if it is elsewhere.
  std::string endpoint;  ///< The same by a host's name.
};

/// Never fails: text that is none of a refusal gives an empty one.
ErrorAnswer ParseErrorAnswer(std::string_view xml);

/// Which part of a list was asked for.
struct ListTerms {
  std::string_view prefix;     ///< All keys begin with it.
  std::string_view after;      ///< All keys are greater; may be empty.
  bool is_of_folders = false;  ///< Whether folders are wanted, and no objects.
};

/// One page of a list.
struct ListAnswer {
  std::vector<ObjectInfo> objects;   ///< Named by what follows the prefix; none holds a '/'.
  std::vector<std::string> folders;  ///< The same, as the answer has them.
  std::string last_key;  ///< Of all that the page names, with the prefix; empty for an empty page.
  std::string next_token;  ///< Asks for the next page; empty: this is the last.
};

/// Reads an answer of ListObjectsV2, whose keys are encoded if the answer says so. Times are to the
/// second, as the headers of an object have them. Errors: kUnavailable if it is none, or if its
/// keys are not in strictly ascending byte order, not below the prefix, or not after `after`.
/// Nothing hangs on the order of folders: it is not checked.
Result<ListAnswer> ParseListAnswer(std::string_view xml, const ListTerms& terms);

/// Reads the credentials in an answer of STS, whose action is `action`. Errors: kUnavailable if
/// they are not there whole.
Result<Expiring<Credentials>> ParseStsAnswer(std::string_view xml, std::string_view action);

/// An ETag as a header has it: between quotes, which some services leave out of lists.
std::string QuotedEtag(std::string_view etag);

}  // namespace sluice::storage::s3

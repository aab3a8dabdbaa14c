// Answers of Google's services: any text is a list, an object, a token, a description or an error.
// Input: one text that is read as each of them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "storage/gcs/answers.h"

using namespace sluice;                // NOLINT
using namespace sluice::storage;       // NOLINT
using namespace sluice::storage::gcs;  // NOLINT

namespace {

void CheckList(std::string_view body, const ListScope& scope) {
  const Result<ObjectList> list = ParseObjectList(body, scope);
  if (!list.ok()) {
    CHECK(list.error().code == ErrorCode::kUnavailable, "a bad list may be better next time");
    return;
  }
  const std::string_view after =
      scope.start_after.substr(std::min(scope.prefix.size(), scope.start_after.size()));
  std::string_view previous = after;
  for (const ObjectInfo& info : list->objects) {
    CHECK(!info.name.empty() && info.name.find('/') == std::string::npos,
          "names lie in the folder");
    CHECK(info.name > previous, "names ascend");
    CHECK(!GenerationOf(info.etag).empty(), "an etag is a generation");
    previous = info.name;
  }
}

void CheckFolders(std::string_view body, std::string_view prefix) {
  const Result<FolderList> list = ParseFolderList(body, prefix);
  if (!list.ok()) return;
  for (const std::string& name : list->folders) {
    CHECK(!name.empty() && name.find('/') == std::string::npos, "folders lie in the folder");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  CheckList(body, {.prefix = "", .start_after = ""});
  CheckList(body, {.prefix = "log/", .start_after = ""});
  CheckList(body, {.prefix = "log/", .start_after = "log/00000000000000000003.json"});
  CheckFolders(body, "");
  CheckFolders(body, "log/");
  const Result<ObjectInfo> object = ParseObject(body);
  CHECK(!object.ok() || EtagOf(GenerationOf(object->etag)) == object->etag,
        "an etag is a generation");
  const Result<TokenAnswer> token = ParseToken(body);
  CHECK(!token.ok() || !token->token.empty(), "a token has text");
  const std::string word = DescribeError(body);
  CHECK(word.size() <= 300 && word.find('\n') == std::string::npos, "a description is a line");
  return 0;
}

// What a store that speaks S3 answers. Input: one XML text that is read as a list of objects and of
// folders, as a refusal and as credentials.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "storage/s3/answers.h"

using namespace sluice::storage::s3;  // NOLINT

namespace {

constexpr std::string_view kPrefix = "t/log/";

void CheckList(const ListAnswer& answer) {
  std::string_view previous;
  for (const sluice::storage::ObjectInfo& info : answer.objects) {
    CHECK(!info.name.empty(), "an object has a name");
    CHECK(info.name.find('/') == std::string::npos, "an object lies in the directory itself");
    CHECK(info.name > previous, "a list is in strictly ascending order");
    previous = info.name;
  }
  if (!previous.empty()) {
    CHECK(answer.last_key >= std::string(kPrefix).append(previous), "the last key is the greatest");
  }
}

void CheckFolders(const ListAnswer& answer) {
  for (const std::string& name : answer.folders) {
    CHECK(!name.empty(), "a folder has a name");
    CHECK(name.find('/') == std::string::npos, "a folder lies in the directory itself");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = ParseListAnswer(text, {.prefix = kPrefix, .after = ""});
  if (list.ok()) CheckList(*list);
  const auto folders =
      ParseListAnswer(text, {.prefix = kPrefix, .after = "", .is_of_folders = true});
  if (folders.ok()) CheckFolders(*folders);
  CHECK(ParseErrorAnswer(text).message.size() <= 300, "a log takes no long messages");
  const auto credentials = ParseStsAnswer(text, "AssumeRole");
  if (credentials.ok()) {
    CHECK(!credentials->value.secret_access_key.empty(), "credentials are whole");
    CHECK(credentials->expires_at.has_value(), "credentials of a session end");
  }
  return 0;
}

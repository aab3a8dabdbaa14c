// Answers of Azure's Blob service: lists and user delegation keys, both XML.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "storage/azure/list_page.h"
#include "storage/azure/user_delegation.h"

using namespace sluice;                  // NOLINT
using namespace sluice::storage::azure;  // NOLINT

namespace {

void CheckPage(const ListPage& page) {
  std::string_view previous;
  for (const storage::ObjectInfo& blob : page.blobs) {
    CHECK(blob.name > previous, "names are in strictly ascending order and not empty");
    previous = blob.name;
  }
  CHECK(page.blobs.empty() || page.first_name, "a page with blobs has a first name");
  CHECK(!page.first_name || *page.first_name <= page.last_name, "the last name is the greatest");
  CHECK(previous <= page.last_name, "no blob is after the last name");
  for (const std::string& folder : page.folders) {
    CHECK(!folder.empty() && folder.find('/') == std::string::npos, "a folder has a name");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  for (const std::string_view prefix : {"", "log/"}) {
    const auto page = ParseListPage(xml, prefix);
    if (page.ok()) CheckPage(*page);
  }
  const auto key = ParseUserDelegationKey(xml);
  if (key.ok()) (void)SasKey::New(*key).ok();
  return 0;
}

// Paths of data files come from a table's log, locations from its owner, file URLs from anyone.
// Input: one text that is read as each of them.

#include "base/check.h"
#include "storage/data_path.h"
#include "storage/file_url.h"
#include "storage/location.h"

using namespace sluice;           // NOLINT
using namespace sluice::storage;  // NOLINT

namespace {

void CheckDataPath(const DataPath& path) {
  CHECK(!path.path.empty(), "a data path names a file");
  CHECK(path.is_absolute == path.path.starts_with('/'), "only absolute paths start with '/'");
  const std::string framed = "/" + path.path + "/";
  for (const char* segment : {"/../", "/_delta_log/", "/./"}) {
    CHECK(framed.find(segment) == std::string::npos, "a data path leads nowhere else");
  }
  CHECK(path.path.find('\0') == std::string::npos, "a data path holds no NUL");
}

void CheckUrlOf(const DataPath& path, const FileUrlSigner& signer) {
  const FileUrlScope scope = {
      .base_url = "", .recipient = "r", .share = "s", .schema = "c", .table = "t"};
  std::string url;
  signer.Prepare(scope, std::chrono::seconds(60)).Append(path, url);
  const std::string_view target = std::string_view(url).substr(sizeof("/files/") - 1);
  const std::size_t query = target.find('?');
  const auto file = signer.Verify(target.substr(0, query), target.substr(query + 1));
  CHECK(file.ok() && file->data_path == path, "a signed URL brings back its path");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ManualClock clock{SystemTime(std::chrono::hours(500'000))};
  static const FileUrlSigner signer(Secret("fuzz"), clock);
  const std::string_view input(reinterpret_cast<const char*>(data), size);

  const std::size_t query = std::min(input.find('?'), input.size());
  const std::string_view after = input.substr(std::min(query + 1, input.size()));
  CHECK(!signer.Verify(input.substr(0, query), after).ok(), "nobody can guess a signature");

  const Result<DataPath> path = ResolveDataPath("/table", input);
  if (path.ok()) {
    CheckDataPath(*path);
    CheckUrlOf(*path, signer);
  }
  const Result<Location> location = ParseLocation(input, "/base");
  if (location.ok() && location->IsLocal()) {
    CHECK(NormalizePath(location->path) == location->path, "a location is normalised");
  }
  return 0;
}

// The query string of the requests that have parameters: changes, metadata, version.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/target.h"
#include "protocol/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string target = "/?" + std::string(reinterpret_cast<const char*>(data), size);
  auto parsed = sluice::http::ParseTarget(target);
  if (!parsed.ok()) return 0;
  sluice::http::Request request;
  request.path_parameters = {{"share", "s"}, {"schema", "d"}, {"table", "t"}};
  request.query = std::move(parsed->query);

  const auto changes = sluice::protocol::ParseTableChanges(request);
  if (changes.ok()) {
    CHECK(changes->starting_version.has_value() != changes->starting_timestamp.has_value(),
          "one start");
    CHECK(!changes->ending_version || !changes->ending_timestamp, "at most one end");
    CHECK(!changes->max_files || *changes->max_files > 0, "a page of no files");
    if (changes->starting_version && changes->ending_version) {
      CHECK(*changes->starting_version <= *changes->ending_version, "a range that runs backwards");
    }
  }
  const auto metadata = sluice::protocol::ParseTableMetadata(request);
  if (metadata.ok()) CHECK(!metadata->version || !metadata->timestamp, "at most one version");
  (void)sluice::protocol::ParseTableVersion(request).ok();
  return 0;
}

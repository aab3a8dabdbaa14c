// A query as it comes: the first line is the capabilities header, the rest the body.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/capabilities.h"
#include "protocol/features.h"
#include "protocol/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = std::min(text.find('\n'), size);
  const auto capabilities = sluice::protocol::ParseCapabilities(text.substr(0, line_end));
  if (capabilities.ok()) {
    CHECK(capabilities->accepts_parquet || capabilities->accepts_delta, "no format is left");
    CHECK(sluice::protocol::ChooseFormat(*capabilities, {}).ok(), "no format for a plain table");
  }
  const auto body = sluice::protocol::ParseQueryBody(text.substr(std::min(line_end + 1, size)));
  if (body.ok()) {
    CHECK(!body->limit_hint || *body->limit_hint >= 0, "a negative limit");
    CHECK(!body->max_files || *body->max_files > 0, "a page of no files");
    CHECK(body->version.has_value() + body->timestamp.has_value() +
                  body->starting_version.has_value() <=
              1,
          "two versions at once");
    CHECK(!body->ending_version || *body->ending_version >= body->starting_version,
          "a range that runs backwards");
    CHECK(!body->refresh_token || !body->page_token, "a refresh of a later page");
  }
  return 0;
}

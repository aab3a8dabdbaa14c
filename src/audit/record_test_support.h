#pragma once

// Records for the tests of this module.

#include <string>

#include "audit/record.h"

namespace sluice::audit {

/// A query as most of them are, 446 bytes encoded.
inline Record TypicalRecord(const std::string& request_id = "4f1c2a9be07d4c55") {
  return {.time = SystemTime(std::chrono::milliseconds(1'795'255'200'123)),
          .action = Action::kQuery,
          .allowed = true,
          .request_id = request_id,
          .recipient = "acme",
          .token_id = "5f0e6d0e-8f43-4a5c-9d0f-3a1f8c1f6f10",
          .peer = "203.0.113.7",
          .agent = "Delta-Sharing-Python/1.2.0 pandas/2.2.3 PyArrow/17.0.0",
          .share = "sales",
          .object = "sales.retail.orders",
          .table_id = "0f4b6d8e-1c2d-4e5f-8a9b-0c1d2e3f4a5b",
          .version = 1'042,
          .predicate = R"({"op":"equal","children":[{"op":"column","name":"country"}]})",
          .files = 37,
          .bytes = 1'234'567'890,
          .delivery = "url"};
}

}  // namespace sluice::audit

// jsonPredicateHints of a query: any text is a predicate or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "expr/predicate.h"
#include "fuzz_expr.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const sluice::expr::Schema& schema = sluice::FuzzSchema();
  sluice::EvaluateOnSomeFiles(sluice::expr::ParseJsonHint(text, schema));
  return 0;
}

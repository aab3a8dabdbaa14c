// A page token comes back from anyone. Input: the token itself; and, as another case, a payload
// whose token is damaged in one place.

#include "base/check.h"
#include "crypto/sealed_token.h"

using sluice::ManualClock;
using sluice::Result;
using sluice::SystemTime;
using sluice::crypto::HmacSha256Key;
using sluice::crypto::TokenBinding;
using sluice::crypto::TokenSealer;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ManualClock clock{SystemTime(std::chrono::hours(500'000))};
  static const TokenSealer sealer(HmacSha256Key("fuzz"), clock);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const TokenBinding binding = {.purpose = "fuzz", .context = "context"};
  CHECK(!sealer.Open(binding, input).ok(), "nobody can guess a MAC");

  Result<std::string> token = sealer.Seal(binding, input, std::chrono::seconds(1));
  if (!token.ok()) return 0;
  const Result<std::string> opened = sealer.Open(binding, *token);
  CHECK(opened.ok() && *opened == input, "a token opens to its payload");
  const std::size_t place = size == 0 ? 0 : data[0] % token->size();
  (*token)[place] = (*token)[place] == 'x' ? 'y' : 'x';
  CHECK(!sealer.Open(binding, *token).ok(), "a damaged token never opens");
  return 0;
}

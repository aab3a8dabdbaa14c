// A receipt from anybody: what is read is written and read as the same, and none holds by itself.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/receipt.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::audit;
  static const std::vector<sluice::crypto::VerifyKey> keys = [] {
    const std::string seed(sluice::crypto::kSigningSeedBytes, 'k');
    const auto key = sluice::crypto::SigningKey::FromSeed(sluice::Secret(seed)).value();
    return std::vector{
        sluice::crypto::VerifyKey::FromBytes(sluice::crypto::AsText(key.public_key())).value()};
  }();
  const auto receipt = DecodeReceipt({reinterpret_cast<const char*>(data), size});
  if (!receipt.ok()) return 0;
  (void)VerifyReceipt(*receipt, keys).ok();
  const std::string written = EncodeReceipt(*receipt);
  const auto again = DecodeReceipt(written);
  CHECK(again.ok() && again->record == receipt->record && again->head == receipt->head &&
            again->proof == receipt->proof && EncodeReceipt(*again) == written,
        "a receipt is read as it was written");
  // The proof leads to a root whatever it is; that must not depend on the signature alone.
  (void)VerifyInclusion(receipt->sequence, LeafHash(receipt->record),
                        {receipt->head.size, receipt->head.root}, receipt->proof)
      .ok();
  return 0;
}

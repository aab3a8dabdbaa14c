#include "http/request_id.h"

#include <random>

namespace sluice::http {

RequestIds::RequestIds() {
  constexpr int kCounterBits = 40;
  std::random_device device;
  next_ = static_cast<std::uint64_t>(device()) << kCounterBits;
}

std::string RequestIds::Next() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t rest = next_.fetch_add(1, std::memory_order_relaxed);
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, rest >>= 4) {
    *digit = kDigits[rest & 15];
  }
  return text;
}

}  // namespace sluice::http

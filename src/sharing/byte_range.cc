#include "sharing/byte_range.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encoding.h"

namespace sluice::sharing {
namespace {

std::optional<std::uint64_t> ParseNumber(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  if (failure == std::errc::result_out_of_range && stop == end) return UINT64_MAX;
  if (failure != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

ByteRange ParseByteRange(std::string_view range, std::uint64_t size_bytes) {
  const ByteRange whole{
      .kind = ByteRange::Kind::kWhole, .offset_bytes = 0, .length_bytes = size_bytes};
  constexpr std::string_view kUnit = "bytes=";
  if (!EqualsIgnoringAsciiCase(range.substr(0, kUnit.size()), kUnit)) return whole;
  const std::string_view spec = TrimAsciiSpace(range.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);

  const ByteRange none{.kind = ByteRange::Kind::kUnsatisfiable};
  if (first_text.empty()) {  // the last so many bytes
    const auto suffix = ParseNumber(last_text);
    if (!suffix) return whole;
    if (*suffix == 0 || size_bytes == 0) return none;
    const std::uint64_t length = std::min(*suffix, size_bytes);
    return {.kind = ByteRange::Kind::kPart,
            .offset_bytes = size_bytes - length,
            .length_bytes = length};
  }
  const auto first = ParseNumber(first_text);
  const auto last = last_text.empty() ? std::optional(UINT64_MAX) : ParseNumber(last_text);
  if (!first || !last || *last < *first) return whole;
  if (*first >= size_bytes) return none;
  const std::uint64_t end = std::min(*last, size_bytes - 1);
  return {.kind = ByteRange::Kind::kPart, .offset_bytes = *first, .length_bytes = end - *first + 1};
}

}  // namespace sluice::sharing

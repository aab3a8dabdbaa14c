#include "base/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace sluice {
namespace {

constexpr std::uint32_t kReversedPolynomial = 0x82f63b78;

constexpr std::array<std::uint32_t, 256> MakeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? kReversedPolynomial : 0);
    }
    table[byte] = value;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kTable = MakeTable();

[[maybe_unused]] std::uint64_t LoadWord(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t ByInstruction(std::string_view bytes) {
  std::uint64_t value = 0xffffffff;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) value = _mm_crc32_u64(value, LoadWord(&bytes[at]));
  auto rest = static_cast<std::uint32_t>(value);
  for (; at < bytes.size(); ++at) rest = _mm_crc32_u8(rest, static_cast<std::uint8_t>(bytes[at]));
  return ~rest;
}
bool HasInstruction() { return __builtin_cpu_supports("sse4.2") != 0; }
#elif defined(__ARM_FEATURE_CRC32)
std::uint32_t ByInstruction(std::string_view bytes) {
  std::uint32_t value = 0xffffffff;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) value = __crc32cd(value, LoadWord(&bytes[at]));
  for (; at < bytes.size(); ++at) value = __crc32cb(value, static_cast<std::uint8_t>(bytes[at]));
  return ~value;
}
bool HasInstruction() { return true; }
#else
std::uint32_t ByInstruction(std::string_view bytes) { return Crc32cByTable(bytes); }
bool HasInstruction() { return false; }
#endif

}  // namespace

std::uint32_t Crc32cByTable(std::string_view bytes) {
  std::uint32_t value = 0xffffffff;
  for (const char c : bytes) {
    value = (value >> 8) ^ kTable[(value ^ static_cast<std::uint8_t>(c)) & 0xff];
  }
  return ~value;
}

std::uint32_t Crc32c(std::string_view bytes) {
  static const bool has_instruction = HasInstruction();
  return has_instruction ? ByInstruction(bytes) : Crc32cByTable(bytes);
}

}  // namespace sluice

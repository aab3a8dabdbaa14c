#pragma once

#include <cstdint>
#include <string_view>

namespace sluice {

/// CRC-32C (Castagnoli), as in RFC 3720, section 12.1: finds damage, not forgery. By the
/// processor's instruction where it has one. Thread-safe.
std::uint32_t Crc32c(std::string_view bytes);

/// The same by a table: what processors without the instruction run.
std::uint32_t Crc32cByTable(std::string_view bytes);

}  // namespace sluice

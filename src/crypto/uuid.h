#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::crypto {

using Uuid = std::array<std::uint8_t, 16>;

/// RFC 9562, section 6.6.
inline constexpr Uuid kDnsNamespace = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                       0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
inline constexpr Uuid kUrlNamespace = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
                                       0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

/// The same for the same name, wherever and whenever it is asked (RFC 9562, section 5.5).
Uuid Uuid5(const Uuid& name_space, std::string_view name);

/// Random (RFC 9562, section 5.4). Thread-safe.
Uuid Uuid4();

/// "2ed6657d-e927-568b-95e1-2665a8aea6a2".
std::string FormatUuid(const Uuid& uuid);

}  // namespace sluice::crypto

#pragma once

#include <cstddef>
#include <string>

namespace sluice::crypto {

/// `size_bytes` bytes that nobody can guess. Ends the process if the operating system has none to
/// give: there is no safe way to go on. Thread-safe.
std::string RandomBytes(std::size_t size_bytes);

/// The same as base64url text without padding: 32 bytes are 43 characters.
std::string RandomToken(std::size_t size_bytes);

}  // namespace sluice::crypto

#pragma once

namespace sluice {

[[noreturn]] void CheckFailed(const char* condition, const char* why, const char* file, int line);

}  // namespace sluice

/// Ends the process with a message if a promise of our own code is broken. Outside input never
/// reaches one.
#define CHECK(condition, why)                                     \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::sluice::CheckFailed(#condition, why, __FILE__, __LINE__); \
  } while (false)

#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace sluice {

void CheckFailed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "bug: %s:%d: %s is false: %s\n", file, line, condition, why);
  std::abort();
}

}  // namespace sluice

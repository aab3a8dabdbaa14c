#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/testing.h"

namespace sluice::audit {

inline constexpr char kPython[] = SLUICE_SOURCE_DIR "/.venv/bin/python3";

/// deltalake is a peer of ./dev test; a plain build has none.
inline bool HasDeltalake() { return std::filesystem::exists(kPython); }

/// What a Python program prints that sees the table in `folder` as `t`. Writes `script`.
inline std::string AskDeltalake(const std::string& folder, const std::string& script,
                                const std::string& program) {
  std::ofstream(script) << "import deltalake\nt = deltalake.DeltaTable('" << folder << "')\n"
                        << program
                        // Its threads may abort an interpreter that ends in the usual way.
                        << "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n";
  std::string printed;
  FILE* const pipe = ::popen((std::string(kPython) + " " + script + " 2>&1").c_str(), "r");
  std::array<char, 4'096> piece{};
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), pipe)) {
    printed.append(piece.data(), got);
  }
  EXPECT_EQ(::pclose(pipe), 0) << printed;
  return printed;
}

}  // namespace sluice::audit

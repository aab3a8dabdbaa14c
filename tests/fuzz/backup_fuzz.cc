// A backup from anybody: reading ends, gives no more than there is, and what is read of a manifest
// is written and read as the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "base/check.h"
#include "server/backup_internal.h"
#include "server/tar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::server;
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  TarReader reader(in);
  std::size_t total = 0;
  while (true) {
    const auto file = reader.Next();
    if (!file.ok() || !file->has_value()) return 0;
    CHECK(!(*file)->name.empty(), "a file has a name");
    CHECK(!IsBackupName((*file)->name) || (*file)->name.front() != '/', "no name is absolute");
    std::string text;
    std::array<char, 1000> piece;
    while (true) {
      const auto count = reader.Read(piece);
      if (!count.ok()) return 0;
      if (*count == 0) break;
      text.append(piece.data(), *count);
    }
    CHECK(static_cast<std::int64_t>(text.size()) == (*file)->size_bytes, "a file has its size");
    total += text.size();
    CHECK(total <= size, "no more is read than there is");
    if ((*file)->name != kManifestName) continue;
    const auto manifest = DecodeManifest(text);
    if (!manifest.ok()) continue;
    const auto again = DecodeManifest(EncodeManifest(*manifest));
    CHECK(again.ok() && again->files == manifest->files &&
              again->has_secrets == manifest->has_secrets,
          "a manifest is read as it was written");
  }
}

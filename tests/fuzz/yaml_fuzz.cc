// The share configuration, the file of `sluice apply` and the price list: whatever the text,
// reading it ends in what it says or an error.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "audit/prices.h"
#include "cli/sharing_file.h"
#include "config/server_options.h"
#include "config/share_config.h"
#include "config/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = sluice::config::ParseYaml(text, "/conf/fuzz.yaml");
  if (!document.ok()) return 0;
  (void)sluice::cli::ReadSharingFile(*document).ok();
  (void)sluice::audit::ReadPriceList(*document).ok();
  const auto config = sluice::config::ReadShareConfig(*document);
  if (!config.ok()) return 0;
  const auto layered =
      sluice::config::LayerSettings(sluice::config::ServerSettings(), config->settings);
  if (layered.ok()) (void)sluice::config::CheckServerOptions(layered->options).ok();
  return 0;
}

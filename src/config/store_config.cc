#include "config/store_config.h"

#include <set>
#include <utility>

#include "base/encoding.h"
#include "config/yaml_fields.h"
#include "config/yaml_settings.h"

namespace sluice::config {
namespace {

Result<StoreOptions> ReadStore(const YamlDocument& document, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) {
    return FaultAt(document, node.line, "a store must be a map with a name and a prefix");
  }
  const auto given = TRY(ReadSettings(document, node, "a store", StoreSettingRows()));
  StoreOptions store = TRY(LayerSettings(StoreSettings(), std::span(given))).options;
  if (store.name.empty()) return FaultAt(document, node.line, "a store needs a name");
  if (!store.prefix.empty()) return store;
  return FaultAt(document, node.line, "store '{}' needs a prefix, such as s3://bucket", store.name);
}

}  // namespace

Result<std::vector<StoreOptions>> ReadStores(const YamlDocument& document, const YamlEntry& entry) {
  TRY(ExpectList(document, entry));
  std::vector<StoreOptions> stores;
  std::set<std::string> names;
  for (const YamlNode& node : entry.value.items) {
    stores.push_back(TRY(ReadStore(document, node)));
    if (names.insert(AsciiLower(stores.back().name)).second) continue;
    return FaultAt(document, node.line, "store '{}' is given twice", stores.back().name);
  }
  return stores;
}

}  // namespace sluice::config

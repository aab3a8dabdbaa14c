#include "storage/object_store.h"

namespace sluice::storage {

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace sluice::storage

#include "protocol/names.h"

#include <algorithm>
#include <cstddef>

#include "base/encoding.h"

namespace sluice::protocol {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

bool IsForbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f || c == '/';
}

/// The message does not repeat the name: it may be long, or no text at all.
Result<void> CheckName(std::string_view what, std::string_view name, bool may_have_dots) {
  if (name.empty()) return InvalidArgument("{} name must not be empty", what);
  if (name.size() > kMaxNameBytes) {
    return InvalidArgument("{} name must not be longer than {} bytes", what, kMaxNameBytes);
  }
  if (!IsValidUtf8(name)) return InvalidArgument("{} name must be UTF-8", what);
  if (std::ranges::any_of(name, IsForbidden)) {
    return InvalidArgument("{} name must not contain spaces, '/' or control characters", what);
  }
  if (!may_have_dots && name.find('.') != std::string_view::npos) {
    return InvalidArgument("{} name must not contain '.'", what);
  }
  return {};
}

}  // namespace

std::string TableRef::ToString() const { return Format("{}.{}.{}", share, schema, table); }

Result<void> CheckShareName(std::string_view name) {
  return CheckName("share", name, /*may_have_dots=*/true);
}

Result<void> CheckSchemaName(std::string_view name) {
  return CheckName("schema", name, /*may_have_dots=*/false);
}

Result<void> CheckTableName(std::string_view name) {
  return CheckName("table", name, /*may_have_dots=*/false);
}

}  // namespace sluice::protocol

#include <string_view>
#include <utility>
#include <variant>

#include "admin/sql/reader_internal.h"

namespace sluice::admin::sql {
namespace {

/// Between GRANT or REVOKE and TO or FROM.
struct Granted {
  std::optional<Name> share;  ///< SELECT ON SHARE s.
  SharedObject object;        ///< Else.
};

bool SeesOtherObject(const TokenReader& reader) {
  return reader.Sees("VIEW") || reader.Sees("FUNCTION") || reader.Sees("TAG") ||
         reader.Sees("ICEBERG") || reader.Sees("EXTERNAL") || reader.Sees("DYNAMIC");
}

Result<Granted> ParseUsage(TokenReader& reader) {
  TRY(reader.Expect("ON"));
  if (SeesOtherObject(reader)) return reader.NotSupported("sharing anything but tables");
  const std::string_view what = TRY(reader.ExpectOneOf({"DATABASE", "SCHEMA"}));
  Granted granted;
  const bool is_database = what == "DATABASE";
  granted.object.kind = is_database ? SharedObject::Kind::kDatabase : SharedObject::Kind::kSchema;
  granted.object.object =
      TRY(reader.ReadQualifiedName(is_database ? "DATABASE" : "DATABASE.SCHEMA"));
  return granted;
}

Result<Granted> ParseSelect(TokenReader& reader) {
  TRY(reader.Expect("ON"));
  if (SeesOtherObject(reader)) return reader.NotSupported("sharing anything but tables");
  const std::string_view what = TRY(reader.ExpectOneOf({"SHARE", "TABLE", "ALL"}));
  Granted granted;
  if (what == "SHARE") {
    granted.share = TRY(reader.ReadName("the share's name"));
    return granted;
  }
  if (what == "TABLE") {
    granted.object.kind = SharedObject::Kind::kTable;
    granted.object.object = TRY(reader.ReadQualifiedName("DATABASE.SCHEMA.TABLE"));
    return granted;
  }
  if (SeesOtherObject(reader)) return reader.NotSupported("sharing anything but tables");
  TRY(reader.Expect("TABLES"));
  TRY(reader.Expect("IN"));
  TRY(reader.Expect("SCHEMA"));
  granted.object.kind = SharedObject::Kind::kAllTablesInSchema;
  granted.object.object = TRY(reader.ReadQualifiedName("DATABASE.SCHEMA"));
  return granted;
}

Result<Granted> ParseGranted(TokenReader& reader) {
  if (reader.Sees("REFERENCE_USAGE")) return reader.NotSupported("REFERENCE_USAGE");
  if (reader.Sees("EVOLVE")) return reader.NotSupported("EVOLVE SCHEMA");
  const std::string_view privilege = TRY(reader.ExpectOneOf({"SELECT", "USAGE"}));
  if (privilege == "USAGE") return ParseUsage(reader);
  return ParseSelect(reader);
}

template <typename OfShare, typename OfObject>
Result<Action> ParseGrantOrRevoke(TokenReader& reader, std::string_view preposition) {
  Granted granted = TRY(ParseGranted(reader));
  TRY(reader.Expect(preposition));
  if (granted.share) {
    TRY(reader.Expect("RECIPIENT"));
    Name recipient = TRY(reader.ReadName("the recipient's name"));
    return OfShare{.share = std::move(*granted.share), .recipient = std::move(recipient)};
  }
  TRY(reader.Expect("SHARE"));
  granted.object.share = TRY(reader.ReadName("the share's name"));
  return OfObject{std::move(granted.object)};
}

}  // namespace

Result<Action> ParseGrant(TokenReader& reader) {
  return ParseGrantOrRevoke<GrantShare, GrantToShare>(reader, "TO");
}

Result<Action> ParseRevoke(TokenReader& reader) {
  return ParseGrantOrRevoke<RevokeShare, RevokeFromShare>(reader, "FROM");
}

}  // namespace sluice::admin::sql

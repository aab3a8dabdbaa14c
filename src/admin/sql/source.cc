// What `database.schema.table` is: below a location root, or in a managed share.

#include "admin/sql/source_internal.h"

#include <algorithm>
#include <utility>

#include "storage/location.h"

namespace sluice::admin::sql {
namespace {

using catalog::Entry;

Result<void> CheckNames(const SourcePart& part) {
  if (part.schema != nullptr) {
    TRY(Placed(part.schema->at, protocol::CheckSchemaName(part.schema->text)));
  }
  if (part.table == nullptr) return {};
  return Placed(part.table->at, protocol::CheckTableName(part.table->text));
}

/// ROOT, ROOT/schema or ROOT/schema/table; the names were checked.
std::string PlaceBelow(const catalog::LocationRoot& root, const SourcePart& part) {
  std::string place = root.location;
  const std::string scheme = AsciiLower(storage::UriScheme(place));
  // Their paths are percent-decoded when they are read: a name must come out as it is.
  const bool is_encoded = scheme == "file" || scheme == "http" || scheme == "https";
  for (const Name* const name : {part.schema, part.table}) {
    if (name == nullptr) break;
    if (!place.ends_with('/')) place += '/';
    place += is_encoded ? PercentEncode(name->text) : name->text;
  }
  return place;
}

bool IsPartOf(const SourcePart& part, std::string_view schema, std::string_view table) {
  if (part.schema != nullptr && !EqualsIgnoringAsciiCase(part.schema->text, schema)) return false;
  return part.table == nullptr || EqualsIgnoringAsciiCase(part.table->text, table);
}

EntryRequest RequestFor(const Entry& entry) {
  EntryRequest request{.schema = entry.schema, .location = entry.location};
  if (entry.kind == Entry::Kind::kTable) request.table = entry.table;
  if (!entry.comment.empty()) request.comment = entry.comment;
  if (entry.start_version != 0) request.start_version = entry.start_version;
  if (!entry.aliases.empty()) request.aliases = entry.aliases;
  request.serving = entry.serving;
  return request;
}

/// What the share has of the part: its entries, then tables that a folder without a schema of its
/// own gives, one by one.
std::vector<EntryRequest> RequestsFrom(const Session& session, const catalog::ManagedShare& share,
                                       const SourcePart& part) {
  std::vector<EntryRequest> requests;
  std::vector<std::string> folders;
  for (const Entry& entry : share.entries) {
    if (!IsPartOf(part, entry.schema, entry.table)) continue;
    requests.push_back(RequestFor(entry));
    if (entry.kind == Entry::Kind::kFolder) folders.push_back(entry.location);
  }
  const catalog::ViewPtr view = session.view();
  const catalog::SharePtr shown = view->FindShareById(share.id);
  if (shown == nullptr) return requests;
  for (const catalog::SharedTable& table : shown->tables()) {
    const std::string& schema = table.ref.schema.value();
    const std::string& name = table.ref.table.value();
    if (!IsPartOf(part, schema, name)) continue;
    const bool is_there =
        std::ranges::any_of(requests,
                            [&](const EntryRequest& request) {
                              return request.table &&
                                     EqualsIgnoringAsciiCase(*request.table, name) &&
                                     EqualsIgnoringAsciiCase(*request.schema, schema);
                            }) ||
        std::ranges::any_of(
            folders, [&](const std::string& folder) { return LiesWithin(table.location, folder); });
    if (is_there) continue;
    requests.push_back({.schema = schema, .table = name, .location = table.location});
  }
  return requests;
}

std::string TextOf(const SourcePart& part) {
  std::string text = part.database.text;
  for (const Name* const name : {part.schema, part.table}) {
    if (name != nullptr) text += "." + name->text;
  }
  return text;
}

}  // namespace

bool LiesWithin(const std::string& location, const std::string& place) {
  const auto inner = storage::ParseLocation(location, "/");
  const auto outer = storage::ParseLocation(place, "/");
  if (!inner.ok() || !outer.ok()) return location == place;
  return storage::IsWithin(inner->path, outer->path);
}

Result<Source> FindSource(const Session& session, const Name& database, std::string_view share) {
  Source source;
  const auto roots = TRY(Placed(database.at, session.service.ListRoots(session.caller)));
  for (const catalog::LocationRoot& root : roots) {
    if (EqualsIgnoringAsciiCase(root.name, database.text)) source.root = root;
  }
  if (!EqualsIgnoringAsciiCase(database.text, share)) {
    auto found = session.service.GetShare(session.caller, database.text);
    if (found.ok()) source.share = std::move(found).value();
  }
  if (source.root && source.share) {
    return AtPosition(database.at,
                      InvalidArgument("'{}' is both a location root and a share: add tables with "
                                      "ALTER SHARE {} ADD TABLE ... LOCATION '...'",
                                      database.text, std::string(share)));
  }
  if (source.root || source.share) return source;
  return AtPosition(database.at,
                    NotFound("database '{}' is neither a location root nor a managed share that "
                             "you may use",
                             database.text));
}

Result<std::vector<EntryRequest>> EntriesOf(const Session& session, const Source& source,
                                            const SourcePart& part) {
  TRY(CheckNames(part));
  std::vector<EntryRequest> requests;
  if (source.root) {
    EntryRequest request{.schema = part.schema->text, .location = PlaceBelow(*source.root, part)};
    if (part.table != nullptr) request.table = part.table->text;
    requests.push_back(std::move(request));
    return requests;
  }
  requests = RequestsFrom(session, *source.share, part);
  if (!requests.empty()) return requests;
  const bool is_table = part.table != nullptr;
  return AtPosition(
      is_table ? part.table->at : part.schema->at,
      NotFound("{} '{}' does not exist", is_table ? "table" : "schema", TextOf(part)));
}

Result<std::vector<std::string>> PlacesOf(const Session& session, const Source& source,
                                          const SourcePart& part) {
  TRY(CheckNames(part));
  if (source.root) return std::vector<std::string>{PlaceBelow(*source.root, part)};
  std::vector<std::string> places;
  for (const EntryRequest& request : RequestsFrom(session, *source.share, part)) {
    places.push_back(*request.location);
  }
  return places;
}

}  // namespace sluice::admin::sql

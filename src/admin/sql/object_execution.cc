// What is put into shares and taken out of them.

#include <algorithm>
#include <utility>

#include "admin/sql/session_internal.h"
#include "admin/sql/source_internal.h"

namespace sluice::admin::sql {
namespace {

using catalog::Entry;
using Kind = SharedObject::Kind;

SourcePart PartOf(const QualifiedName& object) {
  const auto& parts = object.parts;
  return {.database = parts[0],
          .schema = parts.size() > 1 ? &parts[1] : nullptr,
          .table = parts.size() > 2 ? &parts[2] : nullptr};
}

std::string CountOf(std::size_t count) {
  return count == 1 ? "1 table or folder" : Format("{} tables and folders", count);
}

std::string TextOf(const EntryRequest& request) {
  if (request.table) return Format("table {}.{}", *request.schema, *request.table);
  return Format("schema {} with all tables of {}", *request.schema, *request.location);
}

/// Adds to the share, with errors where the object stands, or the share's name if that is no share
/// of the caller's.
Result<StatementResult> Add(const Session& session, const Name& share, const Position& object_at,
                            const std::vector<EntryRequest>& requests) {
  const auto added = session.service.AddEntries(session.caller, share.text, requests);
  if (!added.ok()) {
    const bool is_own = session.service.GetShare(session.caller, share.text).ok();
    return AtPosition(is_own ? object_at : share.at, added.error());
  }
  if (requests.size() == 1) {
    return Done("{} added to share {}", TextOf(requests.front()), share.text);
  }
  return Done("{} added to share {}", CountOf(requests.size()), share.text);
}

/// Whether the share has just this already.
bool Has(const catalog::ManagedShare& share, const EntryRequest& request) {
  return std::ranges::any_of(share.entries, [&](const Entry& entry) {
    return EqualsIgnoringAsciiCase(entry.schema, *request.schema) &&
           EqualsIgnoringAsciiCase(entry.table, request.table.value_or("")) &&
           LiesWithin(entry.location, *request.location) &&
           LiesWithin(*request.location, entry.location);
  });
}

/// GRANT USAGE: looks whether the database or schema is there.
Result<StatementResult> CheckUsage(const Session& session, const Source& source,
                                   const SourcePart& part) {
  const std::string_view what = part.schema == nullptr ? "database" : "schema";
  const bool is_empty_schema =
      source.share && part.schema != nullptr &&
      std::ranges::any_of(source.share->schemas, [&](const std::string& schema) {
        return EqualsIgnoringAsciiCase(schema, part.schema->text);
      });
  if (part.schema != nullptr && !is_empty_schema) {
    const auto entries = TRY(EntriesOf(session, source, part));
    if (source.root) {
      TRY(Placed(part.schema->at,
                 session.service.dependencies().check_folder(*entries.front().location)));
    }
  }
  return Done("{} {} may be used; this alone shares nothing", what,
              (part.schema == nullptr ? part.database : *part.schema).text);
}

/// The entries of a share that lie at one of the places. Errors: kInvalidArgument if a folder of
/// the share has more than what lies there, since it cannot be taken away in part.
Result<std::vector<Entry>> EntriesAt(const catalog::ManagedShare& share,
                                     const std::vector<std::string>& places) {
  std::vector<Entry> found;
  for (const Entry& entry : share.entries) {
    const auto holds = [&](const std::string& place) { return LiesWithin(entry.location, place); };
    const auto is_part = [&](const std::string& place) {
      return entry.kind == Entry::Kind::kFolder && LiesWithin(place, entry.location);
    };
    if (std::ranges::any_of(places, holds)) {
      found.push_back(entry);
    } else if (std::ranges::any_of(places, is_part)) {
      return InvalidArgument(
          "share '{}' has it as a part of the folder {}, which can only be "
          "revoked as a whole",
          share.name, entry.location);
    }
  }
  return found;
}

}  // namespace

Result<StatementResult> Run(const Session& session, const GrantToShare& grant) {
  const SharedObject& object = grant.object;
  const auto share =
      TRY(Placed(object.share.at, session.service.GetShare(session.caller, object.share.text)));
  const SourcePart part = PartOf(object.object);
  const Source source = TRY(FindSource(session, part.database, object.share.text));
  if (object.kind == Kind::kDatabase || object.kind == Kind::kSchema) {
    return CheckUsage(session, source, part);
  }
  std::vector<EntryRequest> requests = TRY(EntriesOf(session, source, part));
  // Granted again, it stays as it is.
  std::erase_if(requests, [&](const EntryRequest& request) { return Has(share, request); });
  if (requests.empty()) {
    return Done("share {} has {} already", share.name, object.object.ToString());
  }
  return Add(session, object.share, object.object.at(), requests);
}

Result<StatementResult> Run(const Session& session, const RevokeFromShare& revoke) {
  const SharedObject& object = revoke.object;
  const auto share =
      TRY(Placed(object.share.at, session.service.GetShare(session.caller, object.share.text)));
  const SourcePart part = PartOf(object.object);
  const Source source = TRY(FindSource(session, part.database, object.share.text));
  const std::vector<std::string> places = TRY(PlacesOf(session, source, part));
  const std::vector<Entry> entries = TRY(Placed(object.object.at(), EntriesAt(share, places)));
  if (entries.empty()) {
    const bool is_usage = object.kind == Kind::kDatabase || object.kind == Kind::kSchema;
    if (is_usage) return Done("share {} has nothing of {}", share.name, object.object.ToString());
    return AtPosition(object.object.at(), NotFound("share '{}' has nothing of {}", share.name,
                                                   object.object.ToString()));
  }
  std::vector<std::string> ids;
  for (const Entry& entry : entries) ids.push_back(entry.id);
  TRY(Placed(object.share.at,
             session.service.RemoveEntries(session.caller, object.share.text, ids)));
  return Done("{} taken out of share {}", CountOf(ids.size()), share.name);
}

Result<StatementResult> AddToShare(const Session& session, const Name& share,
                                   const AddObject& added) {
  const bool is_table = added.objects == Objects::kTable;
  const auto& parts = added.object.parts;
  std::vector<EntryRequest> requests;
  if (added.location) {
    EntryRequest request{.schema = parts[0].text, .location = added.location};
    if (is_table) request.table = parts[1].text;
    requests.push_back(std::move(request));
  } else if (parts.size() < (is_table ? 3U : 2U)) {
    return AtPosition(added.object.at(),
                      InvalidArgument("say LOCATION '...', or where it is: {}",
                                      is_table ? "DATABASE.SCHEMA.TABLE" : "DATABASE.SCHEMA"));
  } else {
    const SourcePart part = PartOf(added.object);
    const Source source = TRY(FindSource(session, part.database, share.text));
    requests = TRY(EntriesOf(session, source, part));
  }
  for (EntryRequest& request : requests) {
    if (added.shared_as) request.schema = added.shared_as->parts[0].text;
    if (added.shared_as && is_table) request.table = added.shared_as->parts[1].text;
    if (added.comment) request.comment = added.comment;
    request.history_shared = added.history_shared;
  }
  return Add(session, share, added.object.at(), requests);
}

Result<StatementResult> RemoveFromShare(const Session& session, const Name& share,
                                        const RemoveObject& removed) {
  const auto& parts = removed.object.parts;
  const bool is_own = session.service.GetShare(session.caller, share.text).ok();
  const Position& at = is_own ? removed.object.at() : share.at;
  if (removed.objects == Objects::kTable) {
    const AdminService::EntryName name{
        .share = share.text, .schema = parts[0].text, .table = parts[1].text};
    TRY(Placed(at, session.service.RemoveEntry(session.caller, name)));
  } else {
    TRY(Placed(at, session.service.RemoveSchema(session.caller, share.text, parts[0].text)));
  }
  return Done("{} {} taken out of share {}",
              removed.objects == Objects::kTable ? "table" : "schema", removed.object.ToString(),
              share.text);
}

}  // namespace sluice::admin::sql

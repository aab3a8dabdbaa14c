#include "cli/server_catalog.h"

#include <chrono>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "cli/values.h"
#include "config/value.h"

namespace sluice::cli {
namespace {

using Names = std::map<std::string, std::string>;

/// What a server shows of a thing and no request may say.
constexpr std::string_view kShown[] = {
    "id",    "name",   "kind",   "source", "createdAt", "updatedAt",  "entries",
    "table", "schema", "tokens", "grants", "databases", "ownEndpoint"};

struct Duration {
  std::string_view shown;
  std::string_view key;
  std::int64_t unit_ms;
};
constexpr Duration kDurations[] = {{"freshnessMs", "freshness", 1},
                                   {"serveStaleForMs", "serveStaleFor", 1},
                                   {"tokenLifetimeSeconds", "tokenLifetime", 1'000}};

/// What a server shows of a thing, as a request would say it.
json::object FieldsOf(const json::value& item) {
  json::object fields = item.as_object();
  for (const std::string_view key : kShown) fields.erase(key);
  for (const Duration& duration : kDurations) {
    const json::value* const value = FindMember(fields, duration.shown);
    if (value == nullptr || !value->is_int64()) continue;
    const std::chrono::milliseconds length(value->as_int64() * duration.unit_ms);
    fields[duration.key] = config::FormatDuration(length);
    fields.erase(duration.shown);
  }
  return fields;
}

class CatalogReader {
 public:
  CatalogReader(AdminClient& server, const WantedCatalog& wanted)
      : server_(server), wanted_(wanted) {}

  Result<std::vector<Thing>> Read() {
    TRY(AddNamed("/roots", ThingKind::kRoot));
    TRY(AddNamed("/issuers", ThingKind::kIssuer));
    TRY(AddShares());
    TRY(AddRecipients());
    TRY(AddQuotas());
    return std::move(things_);
  }

 private:
  Result<void> AddNamed(const std::string& path, ThingKind kind) {
    const json::array items = TRY(List(path));
    for (const json::value& item : items) {
      things_.push_back({.kind = kind, .key = {TextOf(item, "name")}, .fields = FieldsOf(item)});
    }
    return {};
  }

  /// The objects of a list.
  Result<json::array> List(const std::string& path) {
    json::array objects;
    json::array items = TRY(server_.List(path));
    for (json::value& item : items) {
      if (item.is_object()) objects.push_back(std::move(item));
    }
    return objects;
  }

  Result<void> AddShares() {
    std::map<std::string, const Thing*> wanted;
    for (const Thing& thing : wanted_.things) {
      if (thing.kind == ThingKind::kShare) wanted.emplace(AsciiLower(thing.key.front()), &thing);
    }
    const json::array items = TRY(List("/shares"));
    for (const json::value& item : items) {
      const std::string name = TextOf(item, "name");
      shares_.emplace(TextOf(item, "id"), name);
      const auto found = wanted.find(AsciiLower(name));
      const bool is_configured = TextOf(item, "source") == "configuration";
      if (is_configured && found != wanted.end()) {
        return InvalidArgument(
            "{}: share '{}' comes from the server's configuration: change it there",
            found->second->where, name);
      }
      if (is_configured) continue;
      if (found == wanted.end()) {
        things_.push_back({.kind = ThingKind::kShare, .key = {name}});
      } else {
        TRY(AddShare(name));
      }
    }
    return {};
  }

  Result<void> AddShare(const std::string& name) {
    const json::value share = TRY(server_.Get("/shares" + PathPart(name)));
    if (!share.is_object()) return {};
    things_.push_back({.kind = ThingKind::kShare, .key = {name}, .fields = FieldsOf(share)});
    for (const json::value& entry : ArrayIn(share, "entries")) {
      if (!entry.is_object()) continue;
      const bool is_table = TextOf(entry, "kind") == "table";
      Thing thing{
          .kind = is_table ? ThingKind::kTable : ThingKind::kFolder,
          .key = {name, TextOf(entry, "schema"), TextOf(entry, is_table ? "table" : "location")},
          .fields = FieldsOf(entry)};
      if (!is_table) thing.fields.erase("location");
      things_.push_back(std::move(thing));
    }
    return {};
  }

  Result<void> AddRecipients() {
    const json::array items = TRY(List("/recipients"));
    for (const json::value& item : items) {
      const std::string name = TextOf(item, "name");
      recipients_.emplace(TextOf(item, "id"), name);
      things_.push_back({.kind = ThingKind::kRecipient, .key = {name}, .fields = FieldsOf(item)});
      for (const json::value& grant : ArrayIn(item, "grants")) {
        const std::string share = TextOf(grant, "share");
        if (share.empty()) continue;  // of one that is gone
        Thing thing{.kind = ThingKind::kGrant, .key = {share, name}};
        const std::string end = TextOf(grant, "expiresAt");
        if (!end.empty()) thing.fields["expiresAt"] = end;
        things_.push_back(std::move(thing));
      }
    }
    return {};
  }

  Result<void> AddQuotas() {
    const json::array items = TRY(List("/quotas"));
    for (const json::value& item : items) {
      Thing thing{.kind = ThingKind::kQuota,
                  .key = {NameOf(recipients_, TextOf(item, "recipientId")),
                          NameOf(shares_, TextOf(item, "shareId")), TextOf(item, "measure"),
                          TextOf(item, "window")},
                  .id = TextOf(item, "id")};
      const json::value* const limit = FindMember(item.as_object(), "limit");
      if (limit != nullptr) thing.fields["limit"] = *limit;
      things_.push_back(std::move(thing));
    }
    return {};
  }

  static std::string NameOf(const Names& names, const std::string& id) {
    const auto found = names.find(id);
    return found == names.end() ? id : found->second;
  }

  AdminClient& server_;
  const WantedCatalog& wanted_;
  std::vector<Thing> things_;
  Names shares_;      ///< By id.
  Names recipients_;  ///< By id.
};

/// A list and the part of it that makes or changes one thing.
struct Place {
  std::string list;  ///< Where something new is posted; empty: it is put at `own`.
  std::string own;
  json::object named;  ///< What a new one says besides its fields.
};

Place PlaceOf(const Thing& thing) {
  const std::vector<std::string>& key = thing.key;
  const std::string share = "/shares" + PathPart(key.front());
  switch (thing.kind) {
    case ThingKind::kRoot: return {.own = "/roots" + PathPart(key[0])};
    case ThingKind::kIssuer: return {.own = "/issuers" + PathPart(key[0])};
    case ThingKind::kShare: return {.list = "/shares", .own = share, .named = {{"name", key[0]}}};
    case ThingKind::kTable:
      return {.list = share + "/tables",
              .own = share + "/schemas" + PathPart(key[1]) + "/tables" + PathPart(key[2]),
              .named = {{"schema", key[1]}, {"table", key[2]}}};
    case ThingKind::kFolder:
      return {.list = share + "/folders",
              .own = share + "/folders?schema=" + PercentEncode(key[1]) +
                     "&location=" + PercentEncode(key[2]),
              .named = {{"schema", key[1]}, {"location", key[2]}}};
    case ThingKind::kRecipient:
      return {.list = "/recipients",
              .own = "/recipients" + PathPart(key[0]),
              .named = {{"name", key[0]}}};
    case ThingKind::kQuota: return {.own = "/quotas"};
    case ThingKind::kGrant: return {.own = share + "/recipients" + PathPart(key[1])};
  }
  return {};
}

json::object Joined(json::object body, const json::object& fields) {
  for (const auto& [name, value] : fields) body[name] = value;
  return body;
}

/// Of what is put whole.
json::object WholeBody(const Thing& thing) {
  json::object body;
  for (const auto& [name, value] : thing.fields) {
    if (!value.is_null()) body[name] = value;
  }
  if (thing.kind == ThingKind::kQuota) {
    constexpr std::string_view kParts[] = {"recipient", "share", "measure", "window"};
    for (std::size_t i = 0; i < thing.key.size(); ++i) body[kParts[i]] = thing.key[i];
  }
  return body;
}

}  // namespace

Result<std::vector<Thing>> ReadServerCatalog(AdminClient& server, const WantedCatalog& wanted) {
  return CatalogReader(server, wanted).Read();
}

Result<void> DoStep(AdminClient& server, const Step& step, bool checks) {
  const Thing& thing = step.thing;
  const Place place = PlaceOf(thing);
  const bool is_entry = thing.kind == ThingKind::kTable || thing.kind == ThingKind::kFolder;
  if (step.change == Step::Change::kRemove) {
    const bool has_id = thing.kind == ThingKind::kQuota;
    TRY(server.Delete(has_id ? place.own + PathPart(thing.id) : place.own));
    return {};
  }
  if (place.list.empty()) {
    TRY(server.Put(place.own, WholeBody(thing)));
    return {};
  }
  const bool is_new = step.change == Step::Change::kAdd;
  json::object body = is_new ? Joined(place.named, step.after) : step.after;
  if (is_entry && !checks) body["unchecked"] = true;
  TRY(is_new ? server.Post(place.list, body) : server.Patch(place.own, body));
  return {};
}

}  // namespace sluice::cli

// SHOW and DESCRIBE.

#include <algorithm>
#include <utility>

#include "admin/sql/session_internal.h"

namespace sluice::admin::sql {
namespace {

using catalog::Entry;

std::string TruthText(bool truth) { return truth ? "true" : "false"; }

std::string TextOf(const std::optional<SystemTime>& time) {
  return time && *time != SystemTime() ? TimeText(*time) : std::string();
}

/// Whether `text` fits a pattern in which '%' is any text and '_' any character, regardless of
/// ASCII case. Goes back to the last '%' alone, so that it takes no more than length by length.
bool IsLike(std::string_view text, std::string_view pattern) {
  const std::string folded_text = AsciiLower(text);
  const std::string folded = AsciiLower(pattern);
  const auto next = [&](std::size_t at) {
    do {
      ++at;
    } while (at < folded_text.size() && (folded_text[at] & 0xC0) == 0x80);
    return at;
  };
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::optional<std::size_t> behind_percent;
  std::size_t tried_from = 0;
  while (at < folded_text.size()) {
    const char wanted = in_pattern < folded.size() ? folded[in_pattern] : '\0';
    if (wanted == '%') {
      behind_percent = ++in_pattern;
      tried_from = at;
    } else if (wanted == '_' && in_pattern < folded.size()) {
      ++in_pattern;
      at = next(at);
    } else if (in_pattern < folded.size() && wanted == folded_text[at]) {
      ++in_pattern;
      ++at;
    } else if (behind_percent) {
      in_pattern = *behind_percent;
      at = tried_from = next(tried_from);
    } else {
      return false;
    }
  }
  return folded.find_first_not_of('%', in_pattern) == std::string::npos;
}

bool Fits(const std::string& name, const std::optional<std::string>& like) {
  return !like || IsLike(name, *like);
}

StatementResult PropertyTable() { return {.columns = {"property", "value"}}; }

void AddTo(StatementResult& result, std::string name, std::string value) {
  result.rows.push_back({std::move(name), std::move(value)});
}

std::vector<std::string> RowOf(const Entry& entry) {
  const bool is_table = entry.kind == Entry::Kind::kTable;
  const std::string schema = entry.schema.empty() ? "*" : entry.schema;
  return {schema + "." + (is_table ? entry.table : "*"), is_table ? "table" : "folder",
          entry.location, TruthText(entry.history_shared), entry.comment};
}

std::size_t CountGoodTokens(const catalog::ManagedRecipient& recipient, SystemTime now) {
  return static_cast<std::size_t>(std::ranges::count_if(
      recipient.tokens, [&](const catalog::TokenRecord& token) { return token.IsGoodAt(now); }));
}

}  // namespace

Result<StatementResult> Run(const Session& session, const ShowShares& show) {
  const auto shares = TRY(session.service.ListShares(session.caller));
  StatementResult result{.columns = {"name", "source", "owner", "tables", "comment", "created_at"}};
  for (const AdminService::ListedShare& listed : shares) {
    const catalog::ManagedShare& share = listed.share;
    if (!Fits(share.name, show.like)) continue;
    result.rows.push_back({share.name, listed.is_from_file ? "configuration" : "managed",
                           share.owner, std::to_string(listed.table_count),
                           share.description.comment, TextOf(share.created_at)});
  }
  return result;
}

Result<StatementResult> Run(const Session& session, const DescribeShare& describe) {
  const std::string name = ShareNamed(session, describe.name);
  const auto shares = TRY(session.service.ListShares(session.caller));
  const auto found = std::ranges::find_if(shares, [&](const AdminService::ListedShare& listed) {
    return EqualsIgnoringAsciiCase(listed.share.name, name);
  });
  if (found == shares.end()) {
    return AtPosition(describe.name.parts.back().at, NotFound("share '{}' does not exist", name));
  }
  const catalog::ManagedShare& share = found->share;
  StatementResult result = PropertyTable();
  AddTo(result, "name", share.name);
  AddTo(result, "source", found->is_from_file ? "configuration" : "managed");
  AddTo(result, "owner", share.owner);
  AddTo(result, "comment", share.description.comment);
  AddTo(result, "tables", std::to_string(found->table_count));
  AddTo(result, "region", share.region);
  AddTo(result, "purpose_required", TruthText(share.purpose_required));
  AddTo(result, "created_at", TextOf(share.created_at));
  AddTo(result, "updated_at", TextOf(share.updated_at));
  return result;
}

Result<StatementResult> Run(const Session& session, const ShowAllInShare& show) {
  StatementResult result{.columns = {"name", "kind", "location", "history", "comment"}};
  if (const auto managed = session.service.GetShare(session.caller, show.share.text);
      managed.ok()) {
    for (const Entry& entry : managed->entries) result.rows.push_back(RowOf(entry));
    return result;
  }
  const auto share =
      TRY(Placed(show.share.at, session.service.FindShownShare(session.caller, show.share.text)));
  for (const catalog::SharedTable& table : share->tables()) {
    result.rows.push_back({Format("{}.{}", table.ref.schema.value(), table.ref.table.value()),
                           "table", table.location, TruthText(table.history_shared), ""});
  }
  return result;
}

Result<StatementResult> Run(const Session& session, const ShowGrantsOnShare& show) {
  const auto share =
      TRY(Placed(show.share.at, session.service.FindShownShare(session.caller, show.share.text)));
  StatementResult result{.columns = {"recipient", "granted_by", "granted_at", "expires_at"}};
  const catalog::ViewPtr view = session.view();
  for (const catalog::RecipientPtr& recipient : view->recipients()) {
    for (const catalog::Grant& grant : recipient->record.grants) {
      if (grant.share_id != share->id()) continue;
      result.rows.push_back({recipient->record.name, grant.granted_by, TextOf(grant.granted_at),
                             TextOf(grant.expires_at)});
    }
  }
  std::ranges::sort(result.rows, {}, [](const auto& row) { return AsciiLower(row.front()); });
  return result;
}

Result<StatementResult> Run(const Session& session, const ShowRecipients& show) {
  const auto recipients = TRY(session.service.ListRecipients(session.caller));
  StatementResult result{
      .columns = {"name", "owner", "enabled", "shares", "comment", "created_at", "expires_at"}};
  for (const catalog::ManagedRecipient& recipient : recipients) {
    if (!Fits(recipient.name, show.like)) continue;
    result.rows.push_back({recipient.name, recipient.owner, TruthText(recipient.enabled),
                           std::to_string(recipient.grants.size()), recipient.comment,
                           TextOf(recipient.created_at), TextOf(recipient.expires_at)});
  }
  return result;
}

Result<StatementResult> Run(const Session& session, const DescribeRecipient& describe) {
  const auto recipient = TRY(
      Placed(describe.name.at, session.service.GetRecipient(session.caller, describe.name.text)));
  StatementResult result = PropertyTable();
  AddTo(result, "name", recipient.name);
  AddTo(result, "owner", recipient.owner);
  AddTo(result, "comment", recipient.comment);
  AddTo(result, "enabled", TruthText(recipient.enabled));
  AddTo(result, "region", recipient.region);
  AddTo(result, "tokens", std::to_string(CountGoodTokens(recipient, session.now())));
  AddTo(result, "created_at", TextOf(recipient.created_at));
  AddTo(result, "expires_at", TextOf(recipient.expires_at));
  for (const auto& [name, value] : recipient.attributes) AddTo(result, "property " + name, value);
  const catalog::ViewPtr view = session.view();
  for (const auto& [name, share_id] : recipient.databases) {
    const catalog::SharePtr share = view->FindShareById(share_id);
    AddTo(result, "database " + name, share == nullptr ? "" : "share " + share->name().value());
  }
  return result;
}

Result<StatementResult> Run(const Session& session, const ShowGrantsToRecipient& show) {
  const auto recipient = TRY(
      Placed(show.recipient.at, session.service.GetRecipient(session.caller, show.recipient.text)));
  StatementResult result{.columns = {"share", "granted_by", "granted_at", "expires_at"}};
  const catalog::ViewPtr view = session.view();
  for (const catalog::Grant& grant : recipient.grants) {
    const catalog::SharePtr share = view->FindShareById(grant.share_id);
    result.rows.push_back({share == nullptr ? "" : share->name().value(), grant.granted_by,
                           TextOf(grant.granted_at), TextOf(grant.expires_at)});
  }
  std::ranges::sort(result.rows, {}, [](const auto& row) { return AsciiLower(row.front()); });
  return result;
}

}  // namespace sluice::admin::sql

#include "cli/apply_plan.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/encoding.h"
#include "base/format.h"
#include "cli/text_table.h"

namespace sluice::cli {
namespace {

std::string_view KindName(ThingKind kind) {
  switch (kind) {
    case ThingKind::kRoot: return "root";
    case ThingKind::kIssuer: return "issuer";
    case ThingKind::kShare: return "share";
    case ThingKind::kTable: return "table";
    case ThingKind::kFolder: return "folder";
    case ThingKind::kRecipient: return "recipient";
    case ThingKind::kQuota: return "quota";
    case ThingKind::kGrant: return "grant";
  }
  return {};
}

/// What servers leave out: it is the same as nothing.
bool IsNothing(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return true;
    case json::kind::string: return value.get_string().empty();
    case json::kind::object: return value.get_object().empty();
    case json::kind::array: return value.get_array().empty();
    case json::kind::bool_: return !value.get_bool();
    case json::kind::int64: return value.get_int64() == 0;
    default: return false;
  }
}

json::value ValueIn(const json::object& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? json::value() : found->value();
}

bool IsSame(const json::value& a, const json::value& b) {
  return a == b || (IsNothing(a) && IsNothing(b));
}

std::string ValueText(const json::value& value) {
  if (value.is_null()) return "none";
  std::string text;
  AppendJson(value, text);
  return text;
}

/// The differences of one field; of objects, those of their members.
void AddDifferences(const std::string& name, const json::value& before, const json::value& after,
                    std::vector<std::string>& texts) {
  if (!before.is_object() || !after.is_object()) {
    texts.push_back(Format("{} {} -> {}", name, ValueText(before), ValueText(after)));
    return;
  }
  std::set<std::string> members;
  for (const json::value* const side : {&before, &after}) {
    for (const auto& [member, value] : side->get_object()) members.emplace(member);
  }
  for (const std::string& member : members) {
    const json::value old_value = ValueIn(before.get_object(), member);
    const json::value new_value = ValueIn(after.get_object(), member);
    if (old_value == new_value) continue;
    texts.push_back(
        Format("{}.{} {} -> {}", name, member, ValueText(old_value), ValueText(new_value)));
  }
}

/// Access first, on the way out; what others refer to last.
int RemovalRank(const Step& step) {
  switch (step.thing.kind) {
    case ThingKind::kGrant: return 0;
    case ThingKind::kTable:
    case ThingKind::kFolder: return 1;
    case ThingKind::kQuota: return 3;
    case ThingKind::kShare: return 4;
    case ThingKind::kRecipient: return 5;
    case ThingKind::kIssuer: return 6;
    case ThingKind::kRoot: return 7;
  }
  return 0;
}

std::pair<int, int> RankOf(const Step& step) {
  constexpr int kMaking = 2;
  if (step.change == Step::Change::kRemove) return {RemovalRank(step), 0};
  return {kMaking, static_cast<int>(step.thing.kind)};
}

/// "share" and its name, for those that others go with.
std::pair<ThingKind, std::string> OwnName(ThingKind kind, const std::string& name) {
  return {kind, AsciiLower(name)};
}

Step StepTo(const Thing& wanted, const Thing* current) {
  if (current == nullptr) {
    return {.change = Step::Change::kAdd, .thing = wanted, .after = wanted.fields};
  }
  Step step{.change = Step::Change::kChange, .thing = wanted};
  step.thing.id = current->id;
  step.thing.fields = current->fields;
  for (const auto& [name, value] : wanted.fields) {
    step.thing.fields[name] = value;
    const json::value known = ValueIn(current->fields, name);
    if (IsSame(known, value)) continue;
    step.before[name] = known;
    step.after[name] = value;
  }
  return step;
}

/// Removes what goes with something else that goes.
void DropWhatFollows(std::vector<Step>& removals) {
  std::set<std::pair<ThingKind, std::string>> going;
  for (const Step& step : removals) {
    if (step.thing.kind == ThingKind::kShare || step.thing.kind == ThingKind::kRecipient) {
      going.insert(OwnName(step.thing.kind, step.thing.key.front()));
    }
  }
  std::erase_if(removals, [&](const Step& step) {
    const Thing& thing = step.thing;
    return thing.kind == ThingKind::kGrant &&
           (going.contains(OwnName(ThingKind::kShare, thing.key.front())) ||
            going.contains(OwnName(ThingKind::kRecipient, thing.key.back())));
  });
}

}  // namespace

std::string Thing::Name() const {
  const std::string kind_name(KindName(kind));
  if (kind == ThingKind::kGrant) return Format("grant of {} to {}", key[0], key[1]);
  if (kind == ThingKind::kFolder) {
    return Format("folder {}{} of share {}", key[2], key[1].empty() ? "" : " as " + key[1], key[0]);
  }
  if (kind == ThingKind::kQuota) {
    return Format("quota of {}{}{}{}", key[2], key[3].empty() ? "" : " a " + key[3],
                  key[0].empty() ? " for each recipient" : " for " + key[0],
                  key[1].empty() ? "" : " of " + key[1]);
  }
  std::string name;
  for (const std::string& part : key) name += (name.empty() ? "" : ".") + part;
  return kind_name + " " + name;
}

std::string FoldedKey(const Thing& thing) {
  constexpr std::size_t kLocation = 2;  // of a folder's key
  std::string folded(1, static_cast<char>('0' + static_cast<int>(thing.kind)));
  for (std::size_t i = 0; i < thing.key.size(); ++i) {
    const bool is_location = thing.kind == ThingKind::kFolder && i == kLocation;
    folded += '\0';
    folded += is_location ? thing.key[i] : AsciiLower(thing.key[i]);
  }
  return folded;
}

bool WantedCatalog::Lists(const Thing& thing) const {
  const bool is_entry = thing.kind == ThingKind::kTable || thing.kind == ThingKind::kFolder;
  return lists.contains({thing.kind, is_entry ? AsciiLower(thing.key.front()) : ""});
}

std::string Step::Text() const {
  constexpr char kSigns[] = {'+', '~', '-'};
  std::string text = Format("{} {}", kSigns[static_cast<int>(change)], thing.Name());
  std::vector<std::string> texts;
  for (const auto& [name, value] : after) {
    if (change == Change::kAdd) {
      if (!IsNothing(value)) texts.push_back(Format("{} {}", std::string(name), ValueText(value)));
    } else {
      AddDifferences(std::string(name), ValueIn(before, name), value, texts);
    }
  }
  for (std::size_t i = 0; i < texts.size(); ++i) text += (i == 0 ? ": " : ", ") + texts[i];
  return Printable(text);
}

json::object Step::Json() const {
  constexpr std::string_view kNames[] = {"add", "change", "remove"};
  json::object out = {{"change", kNames[static_cast<int>(change)]},
                      {"kind", KindName(thing.kind)},
                      {"name", thing.Name()}};
  if (change == Change::kChange) out["before"] = before;
  if (change != Change::kRemove) out["after"] = after;
  if (!thing.where.empty()) out["where"] = thing.where;
  return out;
}

Plan Compare(const WantedCatalog& wanted, const std::vector<Thing>& current, bool prunes) {
  std::map<std::string, const Thing*> known;
  for (const Thing& thing : current) known.emplace(FoldedKey(thing), &thing);
  Plan plan;
  std::set<std::string> named;
  for (const Thing& thing : wanted.things) {
    const std::string key = FoldedKey(thing);
    named.insert(key);
    const auto found = known.find(key);
    Step step = StepTo(thing, found == known.end() ? nullptr : found->second);
    if (step.change == Step::Change::kAdd || !step.after.empty()) {
      plan.steps.push_back(std::move(step));
    }
  }
  std::vector<Step> removals;
  for (const auto& [key, thing] : known) {
    if (named.contains(key) || !wanted.Lists(*thing)) continue;
    removals.push_back({.change = Step::Change::kRemove, .thing = *thing});
  }
  DropWhatFollows(removals);
  if (prunes) {
    std::ranges::move(removals, std::back_inserter(plan.steps));
  } else {
    plan.left_alone = removals.size();
  }
  std::ranges::stable_sort(plan.steps, {}, RankOf);
  return plan;
}

}  // namespace sluice::cli

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace sluice::cli {

/// What a sharing file speaks of, in the order in which it is made.
enum class ThingKind : std::uint8_t {
  kRoot,
  kIssuer,
  kShare,
  kTable,
  kFolder,
  kRecipient,
  kQuota,
  kGrant
};

/// One thing of the catalog, as a file wants it or as a server has it.
struct Thing {
  ThingKind kind = ThingKind::kShare;
  /// What tells it from others of its kind, regardless of ASCII case but for locations: the name;
  /// share, schema and table; share, schema and location of a folder; recipient, share, measure and
  /// window of a quota; share and recipient of a grant.
  std::vector<std::string> key;
  /// By the names that requests have; durations as config::FormatDuration writes them, times as
  /// TimeText does.
  json::object fields;
  std::string where = {};  ///< "FILE:LINE" of what a file wants.
  std::string id = {};     ///< Of a quota that a server has.

  std::string Name() const;  ///< "table sales.retail.orders"
};

/// Orders and compares things by kind and key.
std::string FoldedKey(const Thing& thing);

/// What a file wants.
struct WantedCatalog {
  std::vector<Thing> things;
  /// The lists that the file gives whole, so that what is not in them is too much: a kind, and of
  /// tables and folders the folded name of their share, else "".
  std::set<std::pair<ThingKind, std::string>> lists;

  bool Lists(const Thing& thing) const;
};

/// One change. Field by field, what the file does not name stays as it is.
struct Step {
  enum class Change : std::uint8_t { kAdd, kChange, kRemove };
  Change change = Change::kAdd;
  Thing thing;          ///< As it is to be, with all its fields; or as it is and is not wanted.
  json::object before;  ///< Of the fields that change, what the server has.
  json::object after;   ///< And what is wanted; of something new, all fields.

  std::string Text() const;  ///< "~ recipient acme: comment \"a\" -> \"b\"", one line.
  json::object Json() const;
};

struct Plan {
  /// In an order that takes access away before it gives any, and makes what others refer to first.
  std::vector<Step> steps;
  /// Things of the file's lists that it does not name, and that stay.
  std::size_t left_alone = 0;
};

/// How `current`, all that a server has, differs from `wanted`. With `prunes`, what the file's
/// lists do not name is to go. Grants of a share or recipient that goes are not named: they go with
/// it.
Plan Compare(const WantedCatalog& wanted, const std::vector<Thing>& current, bool prunes);

}  // namespace sluice::cli

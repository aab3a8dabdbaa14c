#pragma once

// The fixture of the store's contract, whose promises stand in several files.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/testing.h"
#include "catalog/store.h"
#include "db/testing.h"

namespace sluice::catalog {

inline SystemTime At(std::int64_t seconds) { return SystemTime(std::chrono::seconds(seconds)); }

inline crypto::Sha256Digest DigestOf(std::string_view text) { return crypto::Sha256(text); }

inline ManagedShare ShareNamed(const std::string& name) {
  return {.id = "id-" + name, .name = name};
}
inline ManagedRecipient RecipientNamed(const std::string& name) {
  return {.id = "id-" + name, .name = name};
}
inline Entry TableNamed(const std::string& schema, const std::string& table) {
  return {
      .id = schema + "." + table, .schema = schema, .table = table, .location = "/data/" + table};
}
inline Entry FolderAt(const std::string& schema, const std::string& location) {
  return {.id = location, .kind = Entry::Kind::kFolder, .schema = schema, .location = location};
}
inline TokenRecord TokenNamed(const std::string& name) {
  return {.id = name, .sha256 = DigestOf(name), .created_at = At(1)};
}

template <typename T>
std::vector<std::string> NamesOf(const std::vector<T>& objects) {
  std::vector<std::string> names;
  for (const T& object : objects) names.push_back(object.name);
  std::ranges::sort(names);
  return names;
}

/// What a Store promises, whatever its database.
class StoreContract : public testing::TestWithParam<db::Backend> {
 protected:
  using Body = std::function<Result<void>(Transaction& transaction)>;

  void SetUp() override {
    if (const std::string reason = db::TestDatabase::ReasonToSkip(GetParam()); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    place_.emplace(GetParam());
    database_ = place_->Open();
    auto opened = Store::Open(*database_);
    ASSERT_THAT(opened, IsOk());
    store_ = std::move(opened).value();
  }
  void TearDown() override {
    store_.reset();
    database_.reset();
  }

  Generation Change(const Body& body) {
    const Result<Generation> generation = store_->Change(body);
    EXPECT_THAT(generation, IsOk());
    return generation.ok() ? *generation : -1;
  }
  void Read(const Body& body) { EXPECT_THAT(store_->Read(body), IsOk()); }
  Changes Since(Generation since) {
    Result<Changes> changes = store_->ChangesSince(since);
    EXPECT_THAT(changes, IsOk());
    return changes.ok() ? std::move(changes).value() : Changes();
  }
  Generation Put(const ManagedShare& share) {
    return Change([&](Transaction& t) { return t.PutShare(share); });
  }
  Generation Put(const ManagedRecipient& recipient) {
    return Change([&](Transaction& t) { return t.PutRecipient(recipient); });
  }
  Generation GrantTo(const ManagedRecipient& recipient, const ManagedShare& share) {
    return Change([&](Transaction& t) { return t.PutGrant(recipient.id, {.share_id = share.id}); });
  }
  std::optional<ManagedRecipient> FindRecipient(const std::string& name) {
    std::optional<ManagedRecipient> found;
    Read([&](Transaction& t) -> Result<void> {
      found = TRY(t.FindRecipient(name));
      return {};
    });
    return found;
  }
  std::optional<ManagedShare> FindShare(const std::string& name) {
    std::optional<ManagedShare> found;
    Read([&](Transaction& t) -> Result<void> {
      found = TRY(t.FindShare(name));
      return {};
    });
    return found;
  }

  std::optional<db::TestDatabase> place_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Store> store_;
};

}  // namespace sluice::catalog

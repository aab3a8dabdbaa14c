#pragma once

// What tests of the owner's surface share.

#include <memory>
#include <string>
#include <vector>

#include "admin/service.h"
#include "auth/authenticator.h"
#include "base/testing.h"
#include "catalog/follower.h"
#include "db/database.h"
#include "observe/collecting_logger.h"

namespace sluice::admin {

inline const SystemTime kNow(std::chrono::seconds(1'795'255'200));

/// What a shared folder holds: the table found.one.
inline Result<std::vector<config::ConfiguredSchema>> FindOneTable(const catalog::Entry& folder) {
  return std::vector<config::ConfiguredSchema>{
      {.name = "found", .tables = {{.name = "one", .location = folder.location + "/one"}}}};
}

/// What is there to be shared.
inline Result<void> CheckIsThere(const std::string& location) {
  if (location.find("broken") == std::string::npos) return {};
  return NotFound("there is nothing");
}

/// An owner's surface over a catalog in memory. Tables and folders are there wherever their
/// location does not say "broken", and each folder holds the table found.one.
class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    EXPECT_THAT(follower_.Start({}), IsOk());
    service_.SetEndpoint("http://host/delta-sharing");
  }

  static auth::Caller CallerOf(std::string name, catalog::Role role) {
    return {.recipient = std::move(name), .role = role, .peer = "192.0.2.1"};
  }
  Result<catalog::ManagedShare> CreateShare(const std::string& name) {
    return service_.CreateShare(admin_, {.name = name});
  }
  static EntryRequest TableAt(const std::string& table, const std::string& location) {
    return {.schema = "retail", .table = table, .location = location};
  }
  /// The caller that a token makes, as requests meet it.
  Result<auth::Caller> CallerOfToken(const Secret& token) {
    http::Request request;
    request.headers.Add("Authorization", "Bearer " + token.Reveal());
    return authenticator_.Recipient(request);
  }
  std::vector<std::string> SharesOf(const std::string& recipient) {
    std::vector<std::string> names;
    const catalog::ViewPtr view = catalog_.Current();
    for (const catalog::Share* share : view->SeenBy(recipient, clock_.Now()).Shares()) {
      names.push_back(share->name().value());
    }
    return names;
  }

  const auth::Caller admin_ = CallerOf("root", catalog::Role::kAdmin);
  const auth::Caller seller_ = CallerOf("seller", catalog::Role::kShareOwner);
  const auth::Caller auditor_ = CallerOf("auditor", catalog::Role::kAuditor);
  ManualClock clock_{kNow};
  observe::CollectingLogger log_;
  observe::MetricRegistry metrics_;
  std::unique_ptr<db::Database> database_ = db::OpenSqlite({}).value();
  std::unique_ptr<catalog::Store> store_ = catalog::Store::Open(*database_).value();
  catalog::Catalog catalog_{catalog::View::Of({})};
  auth::Authenticator authenticator_{catalog_, clock_};
  catalog::Follower follower_{{.store = *store_, .catalog = catalog_, .clock = clock_, .log = log_},
                              catalog::ViewBuilder(FindOneTable)};
  const AdminService::Dependencies dependencies_{.store = *store_,
                                                 .follower = follower_,
                                                 .catalog = catalog_,
                                                 .clock = clock_,
                                                 .metrics = metrics_,
                                                 .check_table = CheckIsThere,
                                                 .check_folder = CheckIsThere};
  AdminService service_{dependencies_, {}};
};

}  // namespace sluice::admin

#include "sharing/directory_access.h"

#include "protocol/list.h"
#include "sharing/testing.h"

namespace sluice::sharing {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::Not;

/// Gives one token for any directory, and notes what it was asked for.
class FakeVendor final : public storage::CredentialVendor {
 public:
  explicit FakeVendor(const Clock& clock) : clock_(clock) {}

  Result<std::string> UriOf(std::string_view directory) const override {
    if (directory.ends_with('*')) return Unsupported("cannot be bound");
    return uri_begin_ + std::string(directory.substr(directory.find("://")));
  }
  Result<storage::VendedCredentials> Vend(std::string_view directory,
                                          std::chrono::seconds lifetime) override {
    asked_.emplace_back(directory, lifetime);
    if (fails_) return Unavailable("no token");
    return storage::VendedCredentials{.credentials = storage::BearerToken{Secret("hidden-token")},
                                      .expires_at = clock_.Now() + lifetime};
  }

  std::string uri_begin_ = "s3";
  bool fails_ = false;
  std::vector<std::pair<std::string, std::chrono::seconds>> asked_;

 private:
  const Clock& clock_;
};

class DirectoryDelivery : public SharedTables {
 protected:
  DirectoryDelivery() {
    const auto open = [this](bool has_vendor) -> storage::StoreFactory {
      return [this, has_vendor](const auto&, const auto&, const auto&) -> Result<storage::Store> {
        storage::Store store{.objects = storage::NewMemoryStore(clock_)};
        if (has_vendor) store.vendor = vendor_;
        return store;
      };
    };
    stores_ = storage::Stores::New({}, storage::CloudContext{.clock = clock_},
                                   {{"s3", open(true)}, {"https", open(false)}})
                  .value();
    service_ = MakeService({.credential_lifetime = hours(2)});
    table_ = {.name = "t",
              .location = "s3://lake/t",
              .history_shared = true,
              .serving = {.delivery = config::Delivery::kDirectory},
              .where = "test"};
  }

  /// Shares `table_` as Retail.sales.t.
  void ShareTable() {
    Share({{.name = "Retail", .schemas = {{.name = "sales", .tables = {table_}}}}});
  }
  Result<SharingService::TableCredentials> Ask(const std::string& location = "",
                                               const std::string& table = "t") {
    ShareTable();
    protocol::TemporaryCredentialsRequest request{.table = Ref("Retail", "sales", table),
                                                  .location = {}};
    if (!location.empty()) request.location = location;
    return service_->VendCredentials(me_, request);
  }
  std::string GetTable() {
    ShareTable();
    return service_->GetTable(me_, Ref("Retail", "sales", "t")).value();
  }

  std::shared_ptr<FakeVendor> vendor_ = std::make_shared<FakeVendor>(clock_);
  config::ConfiguredTable table_;
};

TEST_F(DirectoryDelivery, CredentialsAreForTheTablesDirectoryAndAreLogged) {
  const auto given = Ask();
  ASSERT_THAT(given, IsOk());
  EXPECT_EQ(given->location, "s3://lake/t");
  EXPECT_EQ(given->vended.expires_at, clock_.Now() + hours(2));
  EXPECT_EQ(vendor_->asked_.at(0).first, "s3://lake/t");
  const std::vector<std::string> lines = log_.TakeLines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("credentials given"));
  EXPECT_THAT(lines[0], HasSubstr("recipient=me"));
  EXPECT_THAT(lines[0], HasSubstr("table=Retail.sales.t"));
  EXPECT_THAT(lines[0], HasSubstr("location=s3://lake/t"));
  EXPECT_THAT(lines[0], HasSubstr("expires_at=2026-11-21T12:00:00"));
  EXPECT_THAT(lines[0], Not(HasSubstr("hidden")));
}

TEST_F(DirectoryDelivery, APlaceBelowTheTableMayBeAskedForInAnySpelling) {
  EXPECT_EQ(Ask("s3a://lake/t")->location, "s3://lake/t");
  EXPECT_EQ(Ask("s3://lake/t/_delta_log/")->location, "s3://lake/t/_delta_log");
  EXPECT_EQ(vendor_->asked_.at(1).first, "s3://lake/t/_delta_log");
}

TEST_F(DirectoryDelivery, UriMayNameMoreThanTheOwnersLocation) {
  vendor_->uri_begin_ = "gs";
  EXPECT_EQ(Ask("gs://lake/t/x")->location, "gs://lake/t/x");
  EXPECT_EQ(vendor_->asked_.at(0).first, "s3://lake/t/x");
}

TEST_F(DirectoryDelivery, NoOtherPlaceMayBeAskedFor) {
  for (const char* place : {"s3://lake/t2", "s3://lake", "s3://lake/", "s3://other/t",
                            "gs://lake/t", "/lake/t", "lake/t", "s3://lake/t/../t2",
                            "s3://lake/x/../t", "s3://lake//t", "file:///lake/t", "S3://LAKE/T2"}) {
    const auto given = Ask(place);
    ASSERT_THAT(given, FailsWith(ErrorCode::kInvalidArgument)) << place;
    EXPECT_THAT(given.error().message, HasSubstr("same as or under this table's"));
  }
  EXPECT_TRUE(vendor_->asked_.empty());
  EXPECT_TRUE(log_.TakeLines().empty());
}

TEST_F(DirectoryDelivery, PlaceThatCannotBeBoundIsRefused) {
  EXPECT_THAT(Ask("s3://lake/t/x*"), FailsWith(ErrorCode::kUnsupported));
  EXPECT_TRUE(vendor_->asked_.empty());
}

TEST_F(DirectoryDelivery, WhatIsNotGrantedLooksLikeWhatIsNotThere) {
  Share({{.name = "Other", .schemas = {{.name = "sales", .tables = {table_}}}}});
  const auto ask = [&](const char* share) {
    return service_->VendCredentials(acme_, {.table = Ref(share, "sales", "t"), .location = {}});
  };
  const auto not_granted = ask("Other");
  const auto not_there = ask("Nowhere");
  ASSERT_THAT(not_granted, FailsWith(ErrorCode::kNotFound));
  ASSERT_THAT(not_there, FailsWith(ErrorCode::kNotFound));
  EXPECT_TRUE(vendor_->asked_.empty());
}

TEST_F(DirectoryDelivery, OtherDeliveriesGiveNone) {
  using config::Delivery;
  for (const auto delivery : {Delivery::kAuto, Delivery::kUrl, Delivery::kProxy}) {
    table_.serving.delivery = delivery;
    EXPECT_THAT(Ask(), FailsWith(ErrorCode::kUnsupported));
    EXPECT_THAT(GetTable(), HasSubstr(R"("accessModes":["url"])"));
  }
  table_.serving.delivery.reset();
  EXPECT_THAT(Ask(), FailsWith(ErrorCode::kUnsupported));
  service_ = MakeService({.serving = {.delivery = Delivery::kDirectory}});
  EXPECT_THAT(Ask(), IsOk());
}

TEST_F(DirectoryDelivery, TablesOfWhichAPartIsSharedGiveNone) {
  table_.start_version = 3;
  const auto since = Ask();
  ASSERT_THAT(since, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(since.error().message, HasSubstr("shared since version 3"));
  EXPECT_THAT(GetTable(), HasSubstr(R"("accessModes":["url"])"));
  table_.start_version = 0;
  table_.history_shared = false;
  const auto latest = Ask();
  ASSERT_THAT(latest, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(latest.error().message, HasSubstr("history sharing is not enabled on table"));
  EXPECT_THAT(GetTable(), Not(HasSubstr("location")));
  EXPECT_TRUE(vendor_->asked_.empty());
}

TEST_F(DirectoryDelivery, StoresWithoutAVendorGiveNone) {
  table_.location = "https://files.example.com/t";
  EXPECT_THAT(Ask(), FailsWith(ErrorCode::kUnsupported));
  table_.location = (folder_ / "t").string();
  EXPECT_THAT(Ask(), FailsWith(ErrorCode::kUnsupported));
  EXPECT_THAT(GetTable(), HasSubstr(R"("accessModes":["url"])"));
}

TEST_F(DirectoryDelivery, FailureOfTheVendorIsNotLoggedAsGiven) {
  vendor_->fails_ = true;
  EXPECT_THAT(Ask(), FailsWith(ErrorCode::kUnavailable));
  EXPECT_TRUE(log_.TakeLines().empty());
}

TEST_F(DirectoryDelivery, TablesAndListsSayWhereAndHow) {
  constexpr char kSaid[] = R"("location":"s3://lake/t","accessModes":["url","dir"])";
  EXPECT_THAT(GetTable(), HasSubstr(kSaid));
  const protocol::ListRequest all;
  const auto schema = protocol::SchemaName("sales");
  const auto share = protocol::ShareName("Retail");
  EXPECT_THAT(service_->ListTables(me_, share, schema, all).value(), HasSubstr(kSaid));
  EXPECT_THAT(service_->ListAllTables(me_, share, all).value(), HasSubstr(kSaid));
  EXPECT_TRUE(vendor_->asked_.empty());
}

}  // namespace
}  // namespace sluice::sharing

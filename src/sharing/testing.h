#pragma once

// A service over tables that a test writes, or over those of tests/data. Included by tests only.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/testing.h"
#include "catalog/catalog.h"
#include "delta/delta_table.h"
#include "delta/testing.h"
#include "observe/collecting_logger.h"
#include "sharing/service.h"

namespace sluice::sharing {

/// Everything a SharingService needs, below a folder that lives as long as the test. Recipient "me"
/// may read all shares, "acme" the share "Retail" alone.
class SharedTables : public testing::Test {
 protected:
  SharedTables() {
    std::string pattern = testing::TempDir() + "sharing-XXXXXX";
    folder_ = std::filesystem::canonical(mkdtemp(pattern.data()));
    service_ = MakeService({});
  }
  ~SharedTables() override { std::filesystem::remove_all(folder_); }

  /// A service with other options over the same catalog.
  std::unique_ptr<SharingService> MakeService(const SharingService::Options& options) {
    auto service =
        std::make_unique<SharingService>(SharingService::Dependencies{.catalog = catalog_,
                                                                      .tables = tables_,
                                                                      .stores = *stores_,
                                                                      .urls = urls_,
                                                                      .tokens = tokens_,
                                                                      .clock = clock_,
                                                                      .log = log_},
                                         options);
    service->SetLinkBase({.base_url = "http://host/p"});
    return service;
  }

  void Write(const std::string& name, std::string_view text) {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  /// Writes a table of one commit, with a data file in place of each that it adds.
  void WriteTable(const std::string& name, const std::vector<std::string>& files) {
    std::vector<std::string> adds;
    for (const std::string& file : files) {
      adds.push_back(delta::AddLine(file));
      if (!file.starts_with('/')) Write(name + "/" + file, file);
    }
    Write(name + "/_delta_log/00000000000000000000.json", delta::FirstCommit(adds));
  }

  config::ConfiguredTable TableAt(const std::string& name, const std::string& folder,
                                  bool history_shared = false) const {
    return {.name = name,
            .location = (folder_ / folder).string(),
            .history_shared = history_shared,
            .where = "test"};
  }
  void Share(const std::vector<config::ConfiguredShare>& shares) {
    catalog::View::Parts parts{.file_shares = catalog::View::MakeShares(shares).value(),
                               .recipients = {catalog::BuiltInRecipient("me")}};
    catalog::ManagedRecipient acme{.id = "acme", .name = "acme"};
    for (const catalog::SharePtr& share : parts.file_shares) {
      if (share->name().value() == "Retail") acme.grants.push_back({.share_id = share->id()});
    }
    parts.recipients.push_back(catalog::MakeRecipient(std::move(acme)));
    catalog_.Replace(catalog::View::Of(std::move(parts)));
  }

  static protocol::TableRef Ref(const std::string& share, const std::string& schema,
                                const std::string& table) {
    return {protocol::ShareName(share), protocol::SchemaName(schema), protocol::TableName(table)};
  }
  /// The whole answer to a query.
  Result<std::string> Query(SharingService& service, const auth::Caller& caller,
                            const protocol::TableRef& table,
                            const protocol::QueryBody& body = {}) const {
    return Whole(service.QueryTable(caller, {.table = table, .body = body}));
  }
  /// The text of an answer that is not streamed.
  static Result<std::string> Whole(Result<TableAnswer> answer) {
    if (!answer.ok()) return answer.error();
    TableAnswerBody body = TRY(RenderAnswer(std::move(answer).value()));
    return std::get<std::string>(std::move(body));
  }
  /// The first link of an answer.
  static std::string FirstUrl(const std::string& answer) {
    const std::string marker = R"("url":")";
    const std::size_t begin = answer.find(marker) + marker.size();
    return answer.substr(begin, answer.find('"', begin) - begin);
  }
  static Result<SharingService::SharedFile> OpenUrl(const SharingService& service,
                                                    const std::string& url,
                                                    const auth::Caller& caller = {}) {
    const std::size_t path = url.find("/files/") + 7;
    const std::size_t query = url.find('?');
    return service.OpenFile(caller, url.substr(path, query - path), url.substr(query + 1));
  }

  const auth::Caller me_{.recipient = "me"};
  const auth::Caller acme_{.recipient = "acme"};
  std::filesystem::path folder_;
  ManualClock clock_{SystemTime(std::chrono::seconds(1'795'255'200))};
  catalog::Catalog catalog_{catalog::View::Of({})};
  std::shared_ptr<storage::ObjectStore> store_ = storage::NewLocalStore();
  TableCache tables_{[this](const std::string& location) -> Result<std::unique_ptr<table::Table>> {
                       return delta::NewDeltaTable(store_, location);
                     },
                     1 << 20, clock_};
  std::unique_ptr<storage::Stores> stores_ =
      storage::Stores::New({}, storage::CloudContext{.clock = clock_}).value();
  storage::FileUrlSigner urls_{Secret("master"), clock_};
  observe::CollectingLogger log_;
  crypto::TokenSealer tokens_{crypto::HmacSha256Key("page tokens"), clock_};
  std::unique_ptr<SharingService> service_;
};

}  // namespace sluice::sharing

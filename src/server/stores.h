#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "admin/service.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/view.h"
#include "config/configuration.h"
#include "observe/metrics.h"
#include "storage/stores.h"
#include "table/table.h"

namespace sluice::server {

/// The stores of a configuration and of this process' environment. `clock` must outlive them, and
/// `metrics`, where their requests are counted, if there is one. Errors: those of
/// storage::Stores::New; kInvalidArgument naming a store of the configuration that cannot be made,
/// whether or not a table lies there. No store is asked.
Result<std::unique_ptr<storage::Stores>> OpenStores(const config::Configuration& configuration,
                                                    const Clock& clock,
                                                    observe::MetricRegistry* metrics = nullptr);

/// Opens the table at a location, as the catalog spells it.
Result<std::unique_ptr<table::Table>> OpenTable(storage::Stores& stores,
                                                const std::string& location);

/// Whether the table at a location can be served. Errors: those of OpenTable, of table::Table and
/// of sharing::CheckServable.
Result<void> CheckTableAt(storage::Stores& stores, const std::string& location,
                          const std::vector<std::string>& allowed_roots);

/// What reading a table's latest version gives: the files that may hold rows for which `condition`,
/// as predicateHints spell it, is true; all files if it is empty. Errors: those of table::Table.
Result<admin::AdminService::ReadSize> MeasureRead(storage::Stores& stores,
                                                  const std::string& location,
                                                  const std::string& condition);

/// Whether every table's store is one that this server can make, and can be delivered as the owner
/// wants; asks no store. Tables on schemes that are not served pass: they are listed, and answer
/// that. Errors: kInvalidArgument naming the table.
Result<void> CheckStores(std::span<const catalog::SharePtr> shares,
                         const config::ServingTerms& defaults, storage::Stores& stores);

/// Whether the stores of a configuration can be made and deliver the tables of `shares` as the
/// owner wants; asks none. Errors: those of OpenStores and CheckStores.
Result<void> CheckStoresOf(const config::Configuration& configuration,
                           std::span<const catalog::SharePtr> shares);

/// The settings of the server as terms.
Result<config::ServingTerms> ServingTermsOf(const config::ServerOptions& options);

}  // namespace sluice::server

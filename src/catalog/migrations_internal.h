#pragma once

#include <span>

#include "db/database.h"

namespace sluice::catalog {

/// The tables of the catalog, step by step. A step that was released never changes: what is wrong
/// with it is mended by the next.
std::span<const db::Migration> CatalogMigrations();

}  // namespace sluice::catalog

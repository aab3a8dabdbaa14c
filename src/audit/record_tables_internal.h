#pragma once

#include <span>

#include "db/database.h"

namespace sluice::audit {

/// The tables of shipped records, step by step. A step that was released never changes.
std::span<const db::Migration> RecordMigrations();

}  // namespace sluice::audit

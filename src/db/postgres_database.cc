#include "db/database.h"
namespace sluice::db {
Result<std::unique_ptr<Database>> OpenPostgres(const PostgresOptions&) {
  return NotImplemented("postgres");
}
}  // namespace sluice::db

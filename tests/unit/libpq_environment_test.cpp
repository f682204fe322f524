// libs: telltale_persistence
#define CAF_SUITE unit.libpq_environment

#include <cstdlib>

#include "actors/persistence/postgres/libpq_environment.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

CAF_TEST(what leads to another database is ignored) {
  for (const auto* name :
       {"PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE", "PGOPTIONS",
        "PGTARGETSESSIONATTRS", "PGDATESTYLE", "PGCLIENTENCODING"}) {
    CAF_CHECK(is_ignored(name, database_home::embedded));
    CAF_CHECK(is_ignored(name, database_home::of_the_config));
  }
  CAF_MESSAGE("a URL may leave credentials and TLS files to the environment");
  for (const auto* name :
       {"PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT"}) {
    CAF_CHECK(is_ignored(name, database_home::embedded));
    CAF_CHECK(!is_ignored(name, database_home::of_the_config));
  }
  for (const auto* name : {"PATH", "TELLTALE_DATABASE__URL", "HOME"})
    CAF_CHECK(!is_ignored(name, database_home::embedded));
}

CAF_TEST(the environment is left without what is ignored) {
  ::setenv("PGHOST", "/nowhere", 1);
  ::setenv("PGPASSWORD", "word", 1);
  forget_libpq_environment(database_home::of_the_config);
  CAF_CHECK(std::getenv("PGHOST") == nullptr);
  CAF_CHECK(std::getenv("PGPASSWORD") != nullptr);
  forget_libpq_environment(database_home::embedded);
  CAF_CHECK(std::getenv("PGPASSWORD") == nullptr);
}

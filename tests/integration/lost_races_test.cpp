// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.lost_races

#include <string>

#include <pqxx/pqxx>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/pg_connection.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

CAF_TEST_FIXTURE_SCOPE(lost_races_tests, postgres_fixture)

CAF_TEST(a transaction that lost a race runs again on its connection) {
  pg_options options;
  options.url = url();
  pg_connection uut{options};
  std::string backend;
  for (const std::string state : {"40001", "40P01"}) {
    int tries = 0;
    const auto done = uut.run([&](pqxx::connection& link) {
      pqxx::work work{link};
      const std::string here = work.exec1("SELECT pg_backend_pid()")[0].c_str();
      CAF_CHECK(backend.empty() || backend == here);
      backend = here;
      if (++tries == 1)
        work.exec("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '" + state
                  + "'; END $$");
      work.commit();
      return tries;
    });
    CAF_REQUIRE(done);
    CAF_CHECK_EQUAL(*done, 2);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()

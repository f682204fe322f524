// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.page_sessions

#include <memory>
#include <string>

#include <pqxx/pqxx>

#include "actors/persistence/persistence.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

struct page_sessions_fixture : postgres_fixture {
  std::unique_ptr<session_list> uut;

  page_sessions_fixture() {
    pg_options options;
    options.url = url();
    uut = make_pg_sessions(options);
  }

  void age(const std::string& what) const {
    pqxx::connection link{url()};
    pqxx::work work{link};
    work.exec("UPDATE telltale.page_sessions SET " + what);
    work.commit();
  }

  [[nodiscard]] std::size_t rows() const {
    pqxx::connection link{url()};
    pqxx::work work{link};
    return work.exec1("SELECT count(*) FROM telltale.page_sessions")[0]
        .as<std::size_t>();
  }

  std::optional<std::uint64_t> holder(const std::string& hash) const {
    const auto found = uut->find({hash});
    CAF_REQUIRE(found);
    return found->token;
  }
};

/// A number that PostgreSQL's signed ones do not hold.
constexpr std::uint64_t large = 0xfedcba9876543210;

} // namespace

CAF_TEST_FIXTURE_SCOPE(page_sessions_tests, page_sessions_fixture)

CAF_TEST(a session ends by signing out and by time) {
  CAF_REQUIRE(uut->begin({"one", large}));
  CAF_REQUIRE(uut->begin({"one", large})); // the first answer was lost
  CAF_CHECK(holder("one") == large);
  CAF_CHECK(!holder("two"));
  CAF_REQUIRE(uut->end({"one"}));
  CAF_CHECK(!holder("one"));
  CAF_REQUIRE(uut->end({"one"}));
  CAF_MESSAGE("without use for twelve hours");
  CAF_REQUIRE(uut->begin({"idle", 1}));
  age("seen_at = now() - interval '11 hours'");
  CAF_CHECK(holder("idle") == 1u);
  age("seen_at = seen_at - interval '11 hours'"); // that question was a sign
  CAF_CHECK(holder("idle") == 1u);
  age("seen_at = now() - interval '12 hours'");
  CAF_CHECK(!holder("idle"));
  CAF_MESSAGE("after seven days, used or not");
  CAF_REQUIRE(uut->begin({"old", 2}));
  age("created_at = now() - interval '167 hours', seen_at = now()");
  CAF_CHECK(holder("old") == 2u);
  age("created_at = now() - interval '168 hours', seen_at = now()");
  CAF_CHECK(!holder("old"));
  CAF_MESSAGE("what is over goes with the next that begins");
  CAF_REQUIRE(uut->begin({"new", 3}));
  CAF_CHECK_EQUAL(rows(), 1u);
  CAF_CHECK(holder("new") == 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()

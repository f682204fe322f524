// libs: telltale_persistence
#define CAF_SUITE unit.pg_failure

#include "actors/persistence/postgres/pg_connection.hpp"

#include <pqxx/pqxx>

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

pg_failure of_state(const char* state, const char* text = "said") {
  return translate(
      std::make_exception_ptr(pqxx::sql_error{text, "statement", state}));
}

} // namespace

CAF_TEST(a database without room is told apart from one that is away) {
  for (const auto* state : {"53000", "53100", "53200", "53300", "53400"}) {
    const auto failure = of_state(state);
    CAF_CHECK(failure.code == ec::database_full);
    // The statement was refused; the connection is as good as before.
    CAF_CHECK(!failure.broken);
    CAF_CHECK(!failure.try_again);
    CAF_CHECK_EQUAL(failure.shortage, state);
  }
  for (const auto* state : {"57P01", "08006", "25006"}) {
    const auto failure = of_state(state);
    CAF_CHECK(failure.code == ec::database_unavailable);
    CAF_CHECK(failure.broken);
    CAF_CHECK(failure.shortage.empty());
  }
}

CAF_TEST(an input or output error is a want of room only if it says so) {
  const auto full =
      of_state("58030", "could not write: No space left on device");
  CAF_CHECK(full.code == ec::database_full);
  CAF_CHECK_EQUAL(full.shortage, "58030");
  CAF_CHECK(of_state("58030", "could not read: bad disk").shortage.empty());
}

CAF_TEST(a connection that is refused since there are too many is told so) {
  const auto failure = translate(std::make_exception_ptr(
      pqxx::broken_connection{"FATAL:  sorry, too many clients already"}));
  CAF_CHECK(failure.code == ec::database_full);
  CAF_CHECK(failure.broken);
  CAF_CHECK_EQUAL(failure.shortage, "53300");
  const auto away = translate(
      std::make_exception_ptr(pqxx::broken_connection{"no such host"}));
  CAF_CHECK(away.code == ec::database_unavailable);
}

CAF_TEST(a lost race is run again and nobody knows what an unknown end means) {
  for (const auto& thrown :
       {std::make_exception_ptr(pqxx::serialization_failure{"race"}),
        std::make_exception_ptr(pqxx::deadlock_detected{"deadlock"})}) {
    const auto failure = translate(thrown);
    CAF_CHECK(failure.try_again);
    CAF_CHECK(!failure.broken);
  }
  const auto unknown = translate(
      std::make_exception_ptr(pqxx::statement_completion_unknown{"?"}));
  CAF_CHECK(unknown.broken);
  CAF_CHECK(!unknown.try_again);
}

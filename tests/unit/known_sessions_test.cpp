// libs: telltale_gateway
#define CAF_SUITE unit.known_sessions

#include <string>

#include "actors/gateway/known_sessions.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

CAF_TEST(a session is remembered for a moment) {
  known_sessions known;
  const known_sessions::time_point now{1h};
  known.learn("a", 7, now);
  CAF_CHECK(known.find("a", now + 9s) == 7u);
  CAF_CHECK(!known.find("a", now + 10s));
  CAF_CHECK(!known.find("b", now));
  known.forget("a");
  CAF_CHECK(!known.find("a", now));
}

CAF_TEST(so many sessions are remembered and no more) {
  known_sessions known;
  const known_sessions::time_point now{1h};
  for (std::size_t i = 0; i <= known_sessions::most; ++i)
    known.learn(std::to_string(i), i, now);
  CAF_CHECK_EQUAL(known.size(), known_sessions::most);
  known.learn("later", 1, now + known_sessions::lifetime);
  CAF_CHECK_EQUAL(known.size(), 1u);
}

// libs: telltale_gateway
#define CAF_SUITE unit.known_runtimes

#include <string>

#include "actors/gateway/known_runtimes.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using time_point = known_runtimes::time_point;

runtime_record runtime(const std::string& id) {
  runtime_record one;
  one.id = {id};
  one.daemon = "d";
  return one;
}

} // namespace

CAF_TEST(a runtime is remembered for a while) {
  known_runtimes known;
  const time_point now{1h};
  known.learn(runtime("a"), now);
  CAF_REQUIRE(known.find({"a"}, now) != nullptr);
  CAF_CHECK_EQUAL(known.find({"a"}, now + 59s)->daemon, "d");
  CAF_CHECK(known.find({"a"}, now + 61s) == nullptr);
  CAF_CHECK(known.find({"b"}, now) == nullptr);
  known.forget({"a"});
  CAF_CHECK(known.find({"a"}, now) == nullptr);
}

CAF_TEST(it remembers so many and no more) {
  known_runtimes known;
  const time_point now{1h};
  for (std::size_t i = 0; i < known_runtimes::most + 10; ++i)
    known.learn(runtime(std::to_string(i)), now);
  CAF_CHECK_EQUAL(known.size(), known_runtimes::most);
  known.learn(runtime("late"), now + 2min);
  CAF_CHECK(known.find({"late"}, now + 2min) != nullptr);
  CAF_CHECK_EQUAL(known.size(), 1u);
}

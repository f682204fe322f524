// libs: telltale_persistence
#define CAF_SUITE unit.queue_floors

#include <string>

#include "actors/persistence/lifecycle/runner_signs.hpp"
#include "actors/persistence/postgres/queue_floors.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

constexpr auto lowest = std::numeric_limits<std::int32_t>::min();
constexpr auto highest = std::numeric_limits<std::int32_t>::max();
const timestamp noon{std::chrono::hours{24 * 365 * 50}};
const std::string any;

struct floors_world {
  queue_floors floors;
  queue_floors::clock::time_point now{1h};

  std::vector<queue_range> ranges() { return floors.ranges(any, now); }

  void look(std::vector<queue_place> found, bool all,
            std::chrono::milliseconds took, timestamp database_now = noon) {
    queue_look seen;
    seen.all = all;
    seen.last_order = found.empty() ? 0 : found.back().order;
    seen.found = std::move(found);
    seen.now = database_now;
    seen.took = took;
    floors.looked(any, seen, now);
  }

  /// Two looks from the head that took so long.
  void two_looks(const std::vector<queue_place>& found, bool all,
                 std::chrono::milliseconds took = 20ms) {
    for (int i = 0; i < 2; ++i) {
      CAF_REQUIRE(ranges() == std::vector{queue_range{}});
      look(found, all, took);
    }
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(queue_floors_tests, floors_world)

CAF_TEST(quick looks begin at the head) {
  for (int i = 0; i < 5; ++i) {
    CAF_CHECK(ranges() == std::vector{queue_range{}});
    CAF_CHECK(floors.complete(any));
    look({{0, noon - 1h}}, false, 4ms);
  }
  CAF_MESSAGE("and so do looks after one slow one");
  look({{0, noon - 1h}}, false, 100ms);
  look({{0, noon - 1h}}, false, 1ms);
  look({{0, noon - 1h}}, false, 100ms);
  CAF_CHECK(ranges() == std::vector{queue_range{}});
}

CAF_TEST(after two slow looks the next begins where tasks were found) {
  two_looks({{0, noon - 60s}}, false);
  CAF_CHECK(ranges()
            == (std::vector{queue_range{lowest, -1, noon - 2s},
                            queue_range{0, 0, noon - 60s}}));
  CAF_MESSAGE("nothing is known of what comes behind them");
  CAF_CHECK(!floors.complete(any));
  floors.forget(any);
  CAF_CHECK(ranges() == std::vector{queue_range{}});
  CAF_CHECK(floors.complete(any));
}

CAF_TEST(a look that found the queue empty leaves out what was due before it) {
  two_looks({}, true);
  CAF_CHECK(ranges() == std::vector{queue_range({lowest, highest, noon - 2s})});
  CAF_CHECK(floors.complete(any));
}

CAF_TEST(floors rise with what is found and are reset after a while) {
  two_looks({{-5, noon - 9s}, {0, noon - 60s}}, true);
  CAF_CHECK(ranges()
            == (std::vector{queue_range{lowest, -6, noon - 2s},
                            queue_range{-5, -5, noon - 9s},
                            queue_range{-4, -1, noon - 2s},
                            queue_range{0, 0, noon - 60s},
                            queue_range{1, highest, noon - 2s}}));
  look({{0, noon - 30s}}, false, 1ms, noon + 1s);
  CAF_MESSAGE("the priority before it had nothing");
  CAF_CHECK(ranges()
            == (std::vector{queue_range{lowest, -6, noon - 2s},
                            queue_range{-5, -5, noon - 1s},
                            queue_range{-4, -1, noon - 2s},
                            queue_range{0, 0, noon - 30s},
                            queue_range{1, highest, noon - 2s}}));
  CAF_MESSAGE("a task that is due this moment may not be the first");
  look({{0, noon + 2s}}, true, 1ms, noon + 2s);
  CAF_CHECK(ranges()[3] == (queue_range{0, 0, noon}));
  now += queue_floors::shortest_rest;
  CAF_CHECK(ranges() == std::vector{queue_range{}});
}

CAF_TEST(looks from the head take a twentieth of the time) {
  two_looks({}, true, 200ms);
  now += 19 * 200ms - 1ms;
  CAF_CHECK(ranges() != std::vector{queue_range{}});
  now += 1ms;
  CAF_CHECK(ranges() == std::vector{queue_range{}});
  CAF_MESSAGE("but they come");
  look({}, true, 1h);
  now += queue_floors::longest_rest;
  CAF_CHECK(ranges() == std::vector{queue_range{}});
}

CAF_TEST(the ends of all priorities have their ranges) {
  two_looks({{lowest, noon - 9s}, {highest, noon - 9s}}, true);
  CAF_CHECK(ranges()
            == (std::vector{queue_range{lowest, lowest, noon - 9s},
                            queue_range{lowest + 1, highest - 1, noon - 2s},
                            queue_range{highest, highest, noon - 9s}}));
}

CAF_TEST(many priorities are looked at from the head) {
  std::vector<queue_place> found;
  for (std::int32_t order = 0; order < 9; ++order)
    found.push_back({order, noon - 9s});
  two_looks(found, true);
  CAF_CHECK(ranges() == std::vector{queue_range{}});
}

CAF_TEST(the kinds that are remembered have a bound) {
  two_looks({}, true);
  for (std::size_t i = 0; i < queue_floors::most_kinds; ++i)
    CAF_CHECK_EQUAL(floors.ranges("kind " + std::to_string(i), now).size(), 1u);
  CAF_CHECK(ranges() == std::vector{queue_range{}});
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(a sign of life is written when the stored one has aged) {
  CAF_CHECK_EQUAL(sign_interval(150s).count(), 15'000);
  CAF_CHECK(is_sign_due(std::nullopt, noon, 150s));
  CAF_CHECK(!is_sign_due(noon, noon, 150s));
  CAF_CHECK(!is_sign_due(noon - 14'999ms, noon, 150s));
  CAF_CHECK(is_sign_due(noon - 15s, noon, 150s));
  CAF_MESSAGE("with no silence to tell, each");
  CAF_CHECK(is_sign_due(noon, noon, 0s));
}

CAF_TEST(a runner has returned that was unknown or silent) {
  CAF_CHECK(has_returned(std::nullopt, noon, 150s));
  CAF_CHECK(!has_returned(noon - 150s, noon, 150s));
  CAF_CHECK(has_returned(noon - 150'001ms, noon, 150s));
}

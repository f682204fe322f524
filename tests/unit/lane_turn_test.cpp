// libs: telltale_persistence
#define CAF_SUITE unit.lane_turn

#include <array>
#include <memory>

#include "actors/persistence/lane_turn.hpp"
#include "actors/persistence/persistence.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

struct fixture : test_coordinator_fixture<> {
  std::shared_ptr<lane_turn> turn = std::make_shared<lane_turn>();
  std::array<report_store_actor, 3> lanes;
  std::array<int, 3> called{};

  fixture() {
    for (std::size_t i = 0; i < lanes.size(); ++i)
      lanes[i] = sys.spawn([this, i](report_store_actor::pointer)
                               -> report_store_actor::behavior_type {
        return {[](const commit_reports&) {},
                [this, i](flush_reports) { ++called[i]; }, [](flush_tick) {},
                [](const options_changed<task_rules>&) {}};
      });
  }

  ~fixture() override {
    for (const auto& lane : lanes)
      self->send_exit(lane, caf::exit_reason::kill);
    run();
  }

  auto take(std::size_t lane, bool insists = false) {
    auto hold = turn->take(lanes[lane], insists);
    run();
    return hold;
  }

  template <class Hold> void end(Hold& hold) {
    hold.reset();
    run();
  }
};

using calls = std::array<int, 3>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(lane_turn_tests, fixture)

CAF_TEST(one alone goes at once and calls nobody) {
  auto hold = take(0);
  CAF_REQUIRE(hold);
  end(hold);
  hold = take(0);
  CAF_CHECK(hold);
  CAF_CHECK(called == (calls{0, 0, 0}));
}

CAF_TEST(who waits is called and goes before who was under way just now) {
  auto hold = take(0);
  CAF_CHECK(!take(1));
  CAF_CHECK(!take(2));
  CAF_CHECK(!take(1));
  end(hold);
  CAF_CHECK(called == (calls{0, 1, 0}));
  CAF_CHECK(!take(0));
  hold = take(1);
  CAF_REQUIRE(hold);
  end(hold);
  CAF_CHECK(called == (calls{0, 1, 1}));
  hold = take(2);
  CAF_REQUIRE(hold);
  end(hold);
  CAF_CHECK(called == (calls{1, 1, 1}));
}

CAF_TEST(who insists goes beside and the last one calls) {
  auto first = take(0);
  CAF_CHECK(!take(2));
  auto second = take(1, true);
  CAF_REQUIRE(second);
  end(first);
  CAF_CHECK(called == (calls{0, 0, 0}));
  end(second);
  CAF_CHECK(called == (calls{0, 0, 1}));
}

CAF_TEST(who was called and does not come is passed over) {
  auto hold = take(0);
  CAF_CHECK(!take(1));
  CAF_CHECK(!take(2));
  end(hold);
  CAF_CHECK(!take(2));
  hold = take(2, true);
  CAF_REQUIRE(hold);
  end(hold);
  CAF_CHECK(called == (calls{0, 1, 0}));
  hold = take(2);
  CAF_CHECK(hold);
}

CAF_TEST_FIXTURE_SCOPE_END()

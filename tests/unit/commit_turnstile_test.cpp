// libs: telltale_persistence
#define CAF_SUITE unit.commit_turnstile

#include <array>
#include <memory>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/stores/commit_turnstile.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;

namespace {

struct fixture : test_coordinator_fixture<> {
  std::shared_ptr<commit_turnstile> turn = std::make_shared<commit_turnstile>();
  std::array<report_store_actor, 3> writers;
  std::array<int, 3> called{};

  fixture() {
    for (std::size_t i = 0; i < writers.size(); ++i)
      writers[i] = sys.spawn([this, i](report_store_actor::pointer)
                                 -> report_store_actor::behavior_type {
        return {[](const commit_reports&) {},
                [this, i](flush_reports) { ++called[i]; }, [](flush_tick) {},
                [](const options_changed<task_rules_ptr>&) {}};
      });
  }

  ~fixture() override {
    for (const auto& writer : writers)
      self->send_exit(writer, caf::exit_reason::kill);
    run();
  }

  auto take(std::size_t writer, bool bypass = false) {
    auto permit = turn->take(writers[writer], bypass);
    run();
    return permit;
  }

  template <class Hold> void end(Hold& permit) {
    permit.reset();
    run();
  }
};

using calls = std::array<int, 3>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(commit_turnstile_tests, fixture)

CAF_TEST(one alone goes at once and calls nobody) {
  auto permit = take(0);
  CAF_REQUIRE(permit);
  end(permit);
  permit = take(0);
  CAF_CHECK(permit);
  CAF_CHECK(called == (calls{0, 0, 0}));
}

CAF_TEST(who waits is called and goes before who was under way just now) {
  auto permit = take(0);
  CAF_CHECK(!take(1));
  CAF_CHECK(!take(2));
  CAF_CHECK(!take(1));
  end(permit);
  CAF_CHECK(called == (calls{0, 1, 0}));
  CAF_CHECK(!take(0));
  permit = take(1);
  CAF_REQUIRE(permit);
  end(permit);
  CAF_CHECK(called == (calls{0, 1, 1}));
  permit = take(2);
  CAF_REQUIRE(permit);
  end(permit);
  CAF_CHECK(called == (calls{1, 1, 1}));
}

CAF_TEST(who bypass goes beside and the last one calls) {
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
  auto permit = take(0);
  CAF_CHECK(!take(1));
  CAF_CHECK(!take(2));
  end(permit);
  CAF_CHECK(!take(2));
  permit = take(2, true);
  CAF_REQUIRE(permit);
  end(permit);
  CAF_CHECK(called == (calls{0, 1, 0}));
  permit = take(2);
  CAF_CHECK(permit);
}

CAF_TEST_FIXTURE_SCOPE_END()

// libs: telltale_retention
#define CAF_SUITE unit.retention

#include <deque>
#include <vector>

#include <caf/send.hpp>

#include "actors/retention/plan.hpp"
#include "actors/retention/retention.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

struct script {
  std::vector<prune_old> asked;
  std::deque<old_pruned> answers; ///< empty: nothing was old
  bool away = false;
};

retention_store_actor::behavior_type fake_store(retention_store_actor::pointer,
                                                script* s) {
  return {[s](const prune_old& what) -> caf::result<old_pruned> {
    s->asked.push_back(what);
    if (s->away)
      return make_error(ec::database_unavailable);
    if (s->answers.empty())
      return old_pruned{};
    const auto answer = s->answers.front();
    s->answers.pop_front();
    return answer;
  }};
}

struct fixture : test_coordinator_fixture<> {
  script s;
  counter_board_ptr counters = std::make_shared<counter_board>();
  retention_actor uut = sys.spawn(retention, sys.spawn(fake_store, &s),
                                  config::retention_config{}, counters);

  fixture() { settle(); }

  /// Its next tick would come for ever.
  ~fixture() override {
    caf::anon_send_exit(uut, caf::exit_reason::user_shutdown);
    settle();
  }

  /// Not `run`: it would go on with every timer to come.
  void settle() {
    while (consume_message()) {
    }
  }

  void pass(std::chrono::nanoseconds time) {
    sched.clock().advance_time(time);
    settle();
  }

  double counted(std::string_view what) {
    return counters->read(counter::pruned_total, what);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(retention_tests, fixture)

CAF_TEST(the plan leaves out what is kept for ever) {
  config::retention_config kept;
  CAF_CHECK_EQUAL(plan_pruning(kept).size(), 4u);
  kept.events = 0ms;
  kept.finished_tasks = 0ms;
  const auto plan = plan_pruning(kept);
  CAF_REQUIRE_EQUAL(plan.size(), 1u);
  CAF_CHECK(plan[0].kind == prune_kind::sent_deliveries);
  CAF_CHECK(plan[0].age == kept.sent_deliveries);
}

CAF_TEST(a round begins a minute after the start and each hour after it) {
  CAF_CHECK(s.asked.empty());
  pass(1min);
  for (int i = 0; i < 3; ++i)
    pass(50ms);
  CAF_REQUIRE_EQUAL(s.asked.size(), 4u);
  CAF_CHECK(s.asked[0].kind == prune_kind::sent_deliveries);
  CAF_CHECK(s.asked[3].kind == prune_kind::runners);
  pass(30min);
  CAF_CHECK_EQUAL(s.asked.size(), 4u);
  pass(30min);
  CAF_CHECK_EQUAL(s.asked.size(), 5u);
}

CAF_TEST(a full batch is followed by another after a pause and all is counted) {
  s.answers = {{500, true}, {500, true}, {7, false}, {2, false}};
  pass(1min);
  CAF_CHECK_EQUAL(s.asked.size(), 1u);
  for (int i = 0; i < 5; ++i)
    pass(50ms);
  CAF_REQUIRE_EQUAL(s.asked.size(), 6u);
  CAF_CHECK(s.asked[2].kind == prune_kind::sent_deliveries);
  CAF_CHECK(s.asked[3].kind == prune_kind::events);
  CAF_CHECK_EQUAL(counted("sent_deliveries"), 1007.0);
  CAF_CHECK_EQUAL(counted("events"), 2.0);
}

CAF_TEST(an error ends the round and the next hour begins a new one) {
  s.away = true;
  pass(1min);
  pass(1min);
  CAF_CHECK_EQUAL(s.asked.size(), 1u);
  s.away = false;
  pass(1h);
  CAF_REQUIRE_EQUAL(s.asked.size(), 2u);
  CAF_CHECK(s.asked[1].kind == prune_kind::sent_deliveries);
}

CAF_TEST(a reload changes the ages of the next round) {
  config::retention_config fresh;
  fresh.sent_deliveries = 0ms;
  fresh.events = 24h;
  self->send(uut, options_changed<retention_options_ptr>{
                      std::make_shared<const config::retention_config>(fresh)});
  pass(1min);
  CAF_REQUIRE_EQUAL(s.asked.size(), 1u);
  CAF_CHECK(s.asked[0].kind == prune_kind::events);
  CAF_CHECK(s.asked[0].age == 24h);
}

CAF_TEST(one batch is due at a time) {
  for (int i = 0; i < 50; ++i)
    self->send(uut, prune_now{}); // from whomever: nobody waits for these
  settle();
  CAF_CHECK(s.asked.empty());
  for (int i = 0; i < 600; ++i)
    pass(1s);
  CAF_CHECK_EQUAL(s.asked.size(), 4u);
  CAF_CHECK_EQUAL(counters->read(counter::timers, retention_state::name), 1);
}

CAF_TEST_FIXTURE_SCOPE_END()

// libs: telltale_reaper
#define CAF_SUITE unit.reaper

#include <deque>
#include <string>
#include <vector>

#include <caf/scoped_actor.hpp>

#include "actors/persistence/persistence.hpp"
#include "actors/reaper/policy.hpp"
#include "actors/reaper/reaper.hpp"

#include <caf/test/dsl.hpp>

using namespace telltale;
using namespace std::chrono_literals;

namespace {

struct script {
  std::vector<sweep_tasks> sweeps;
  std::vector<check_truth> checks;
  std::deque<tasks_swept> answers; ///< empty: nothing was silent
  int failures = 0;
  truth_checked truth;
};

sweep_store_actor::behavior_type fake_store(sweep_store_actor::pointer,
                                            script* s) {
  return {[s](const sweep_tasks& sweep) -> caf::result<tasks_swept> {
            s->sweeps.push_back(sweep);
            if (s->failures > 0) {
              --s->failures;
              return make_error(ec::database_unavailable);
            }
            if (s->answers.empty())
              return tasks_swept{};
            const auto answer = s->answers.front();
            s->answers.pop_front();
            return answer;
          },
          [s](const check_truth& check) {
            s->checks.push_back(check);
            return s->truth;
          },
          [](const options_changed<task_rules_ptr>&) {}};
}

struct fixture : test_coordinator_fixture<> {
  script s;
  counter_board_ptr counters = std::make_shared<counter_board>();
  reaper_actor uut = sys.spawn(reaper, sys.spawn(fake_store, &s),
                               config::reaper_config{}, counters);

  void settle() {
    while (consume_message()) {
    }
  }

  ~fixture() override {
    self->send_exit(uut, caf::exit_reason::user_shutdown);
    settle();
  }
};

struct row {
  sweep_kind kind;
  std::chrono::milliseconds threshold;
  reason why;
  std::string sentinel;
  task_status status;
};

} // namespace

CAF_TEST(each sweep has its threshold and reason and sentence) {
  const std::vector<row> table{
      {sweep_kind::queue_ttl, 7200s, reason::queued_expired,
       "task expired in queue", task_status::failed},
      {sweep_kind::runner_offline, 150s, reason::runtime_offline,
       "runtime went offline", task_status::failed},
      {sweep_kind::reconnect, 10800s, reason::runtime_reconnect_timeout,
       "runtime did not reconnect within the configured grace period",
       task_status::failed},
      {sweep_kind::retry_not_taken, 7200s, reason::queued_expired,
       "retry was not picked up", task_status::failed},
      {sweep_kind::lease, 30s, reason::timeout, "task timed out",
       task_status::timed_out},
      {sweep_kind::wall_clock, 0s, reason::timeout, "task timed out",
       task_status::timed_out}};
  const auto plan = plan_sweeps(config::reaper_config{});
  CAF_REQUIRE_EQUAL(plan.size(), table.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    CAF_CHECK(plan[i].kind == table[i].kind);
    CAF_CHECK_EQUAL(plan[i].threshold, table[i].threshold);
    CAF_CHECK(plan[i].failure_reason == failure_reason{table[i].why});
    CAF_CHECK_EQUAL(plan[i].sentinel.view(), table[i].sentinel);
    CAF_CHECK(plan[i].status == table[i].status);
    CAF_CHECK_EQUAL(plan[i].limit, 500u);
  }
  const auto recovery = plan_recovery({}, runner_id{"r1"});
  CAF_CHECK(recovery.kind == sweep_kind::recovery);
  CAF_CHECK(recovery.failure_reason
            == failure_reason{reason::runtime_recovery});
  CAF_CHECK_EQUAL(recovery.sentinel.view(),
                  "daemon restarted while task was in flight");
  CAF_CHECK(recovery.status == task_status::failed);
  CAF_CHECK_EQUAL(recovery.runner.value, "r1");
}

CAF_TEST(a threshold of zero switches off what may wait for ever) {
  config::reaper_config options;
  options.queue_ttl = 0ms;
  options.reconnect_grace = 0ms;
  options.lease_grace = 0ms;
  options.wall_clock = 0ms;
  options.batch = 7;
  const auto plan = plan_sweeps(options);
  CAF_REQUIRE_EQUAL(plan.size(), 3u);
  CAF_CHECK(plan[0].kind == sweep_kind::runner_offline);
  CAF_CHECK(plan[1].kind == sweep_kind::lease);
  CAF_CHECK(plan[2].kind == sweep_kind::wall_clock);
  CAF_CHECK_EQUAL(plan[2].threshold, 0ms);
  CAF_CHECK_EQUAL(plan[2].limit, 7u);
}

CAF_TEST(ticks are spread by a tenth) {
  CAF_CHECK_EQUAL(jitter_tick(5000ms, 0.0), 4500ms);
  CAF_CHECK_EQUAL(jitter_tick(5000ms, 0.5), 5000ms);
  CAF_CHECK_LESS(jitter_tick(5000ms, 0.999), 5501ms);
  CAF_CHECK_EQUAL(jitter_tick(0ms, 0.0), 1ms);
}

CAF_TEST_FIXTURE_SCOPE(reaper_tests, fixture)

CAF_TEST(a tick sweeps in order and drains a backlog at once) {
  s.answers = {{0, 0, false}, {500, 0, true}, {500, 0, true}, {3, 0, false}};
  settle();
  std::string order;
  for (const auto& sweep : s.sweeps)
    order += to_string(sweep.kind) + " ";
  CAF_CHECK_EQUAL(order, "queue_ttl runner_offline runner_offline "
                         "runner_offline reconnect retry_not_taken lease "
                         "wall_clock ");
  CAF_CHECK_EQUAL(counters->read(counter::swept_total, "runner_offline"), 1003);
  CAF_MESSAGE("the next tick comes by itself, with the options of then");
  config::reaper_config changed;
  changed.queue_ttl = 0ms;
  self->send(uut, options_changed<reaper_options_ptr>{
                      std::make_shared<const config::reaper_config>(changed)});
  sched.advance_time(4s);
  settle();
  CAF_CHECK_EQUAL(s.sweeps.size(), 8u);
  sched.advance_time(2s);
  settle();
  CAF_CHECK_EQUAL(s.sweeps.size(), 12u);
  sched.advance_time(5600ms);
  settle();
  CAF_CHECK_EQUAL(s.sweeps.size(), 16u);
}

CAF_TEST(
    an hour takes as many ticks as its options say and one of each is due) {
  settle();
  for (int i = 0; i < 3600; ++i) {
    sched.advance_time(1s);
    settle();
  }
  const auto ticks =
      counters->read(counter::actor_messages_total, reaper_state::name);
  // A tick of 5 s, spread by a tenth, and a check a minute.
  CAF_CHECK_GREATER(ticks, 600 + 60 - 2);
  CAF_CHECK_LESS(ticks, 800 + 60 + 2);
  CAF_CHECK_EQUAL(counters->read(counter::timers, reaper_state::name), 2);
  CAF_CHECK_EQUAL(s.checks.size(), 60u);
}

CAF_TEST(ticks that nobody waits for change nothing) {
  settle();
  const auto sweeps = s.sweeps.size();
  for (int i = 0; i < 100; ++i) {
    self->send(uut, reap_now{});
    self->send(uut, check_truth_now{});
  }
  settle();
  CAF_CHECK_EQUAL(s.sweeps.size(), sweeps);
  CAF_CHECK(s.checks.empty());
}

CAF_TEST(a store that is away ends the tick and not the reaper) {
  s.failures = 1;
  settle();
  CAF_CHECK_EQUAL(s.sweeps.size(), 1u);
  sched.advance_time(6s);
  settle();
  CAF_CHECK_EQUAL(s.sweeps.size(), 7u);
}

CAF_TEST(a backlog without progress does not spin) {
  s.answers = {{0, 0, true}};
  settle();
  CAF_CHECK_EQUAL(s.sweeps.size(), 6u);
}

CAF_TEST(a runner that restarted gets the sum of its recovery) {
  settle();
  s.sweeps.clear();
  s.answers = {{500, 1, true}, {2, 0, false}};
  auto answer =
      self->request(uut, caf::infinite, runner_recovered{runner_id{"r1"}});
  settle();
  answer.receive(
      [](const tasks_swept& swept) {
        CAF_CHECK_EQUAL(swept.settled, 502u);
        CAF_CHECK(!swept.more);
      },
      [&](const caf::error& error) { CAF_FAIL(explain(error)); });
  CAF_REQUIRE_EQUAL(s.sweeps.size(), 2u);
  CAF_CHECK_EQUAL(s.sweeps[1].runner.value, "r1");
  s.failures = 1;
  auto refused =
      self->request(uut, caf::infinite, runner_recovered{runner_id{"r1"}});
  settle();
  refused.receive(
      [](const tasks_swept&) { CAF_FAIL("a failure was answered as success"); },
      [&](const caf::error& error) {
        CAF_CHECK(code_of(error) == ec::database_unavailable);
      });
}

CAF_TEST(broken truths are counted every minute) {
  settle();
  CAF_CHECK(s.checks.empty());
  s.truth.violations = 2;
  s.truth.first = "an active task without a lease";
  sched.advance_time(60s);
  settle();
  CAF_REQUIRE_EQUAL(s.checks.size(), 1u);
  CAF_CHECK_EQUAL(s.checks[0].window, 3'600'000ms);
  CAF_CHECK_EQUAL(counters->read(counter::truth_violations_total), 2);
  s.truth = {};
  sched.advance_time(60s);
  settle();
  CAF_REQUIRE_EQUAL(s.checks.size(), 2u);
  CAF_CHECK_EQUAL(s.checks[1].window, 65'000ms);
  CAF_CHECK_EQUAL(counters->read(counter::truth_violations_total), 2);
}

CAF_TEST_FIXTURE_SCOPE_END()

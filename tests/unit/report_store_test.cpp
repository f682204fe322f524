// libs: telltale_persistence telltale_memory_store
#define CAF_SUITE unit.report_store

#include <deque>
#include <map>

#include "actors/persistence/stores/report_store.hpp"
#include "actors/persistence/stores/sweep_store.hpp"
#include "actors/persistence/stores/task_commands.hpp"
#include "actors/persistence/stores/task_queries.hpp"
#include "tests/support/deaf_payload.hpp"
#include "tests/support/memory_task_store.hpp"

#include <caf/test/dsl.hpp>

// The writer that commits reports, over a store that does what the test says.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

/// What the writer asked of its store, and whether the database is there.
struct script {
  bool away = false;
  ec fails_with = ec::none;
  std::vector<std::vector<std::uint32_t>> batches; ///< by `ready.attempt`
  std::uint32_t unmasked = 0; ///< the attempt whose task has values to mask
  bool masks_fail = false;
  std::vector<task_id> asked_masks;
};

/// Settles every report, or none while the database is away.
class scripted_task_store final : public report_writer {
public:
  void use(const task_rules&) override {}

  explicit scripted_task_store(std::shared_ptr<script> plan)
      : plan_(std::move(plan)) {}

  caf::expected<std::vector<committed_event>>
  apply(std::vector<pending_report>& batch) override {
    auto& numbers = plan_->batches.emplace_back();
    for (const auto& pending : batch)
      numbers.push_back(pending.ready.attempt.value_or(0));
    if (plan_->away)
      return make_error(ec::database_unavailable);
    if (plan_->fails_with != ec::none)
      return make_error(plan_->fails_with);
    std::vector<committed_event> facts;
    for (auto& pending : batch) {
      pending.result = ec::none;
      if (plan_->unmasked != 0 && pending.ready.attempt == plan_->unmasked) {
        pending.result = ec::masks_unknown;
        continue;
      }
      if (is_terminal(pending.ready.status)) {
        facts.emplace_back();
        facts.back().type = event_type::task_succeeded;
        facts.back().outcome = task_outcome::delivered;
      }
    }
    return facts;
  }

  caf::expected<std::vector<task_masks>>
  masks(const std::vector<task_id>& tasks) override {
    plan_->asked_masks.insert(plan_->asked_masks.end(), tasks.begin(),
                              tasks.end());
    if (plan_->masks_fail)
      return make_error(ec::database_unavailable);
    return std::vector<task_masks>{{tasks.front(), 1, {{"sealed"}}}};
  }

private:
  std::shared_ptr<script> plan_;
};

struct heard {
  std::vector<masks_missed> missed;
  std::vector<report_batch> settled;
  std::size_t facts = 0;
};

struct fixture : test_coordinator_fixture<> {
  std::shared_ptr<script> plan = std::make_shared<script>();
  counter_board_ptr counters = std::make_shared<counter_board>();
  heard ears;
  std::shared_ptr<commit_turnstile> turn = std::make_shared<commit_turnstile>();
  report_waiter_handle waiter;
  failed_task_payload_actor payload;
  report_store_actor writer;
  masks_missed_handle again;
  std::uint32_t next = 0;

  fixture() {
    waiter = sys.spawn([this](report_waiter_handle::pointer)
                           -> report_waiter_handle::behavior_type {
      return {[this](reports_settled& x) {
        ears.settled.push_back(std::move(x.batch));
      }};
    });
    again = sys.spawn([this](masks_missed_handle::pointer)
                          -> masks_missed_handle::behavior_type {
      return {[this](const masks_missed& x) { ears.missed.push_back(x); }};
    });
    payload = sys.spawn([this](failed_task_payload_actor::pointer) {
      return test::only_hears(
          [this](const events_committed& x) { ears.facts += x.events.size(); });
    });
    report_store_options options;
    options.batch_max_rows = 4;
    options.turn = turn;
    options.few = 3;
    writer = sys.spawn(
        [=,
         this](report_store_actor::stateful_pointer<report_store_state> actor) {
          return report_store(actor,
                              std::make_unique<scripted_task_store>(plan),
                              payload, counters, options);
        });
    settle();
  }

  ~fixture() override {
    for (const auto& actor : {caf::actor_cast<caf::actor>(waiter),
                              caf::actor_cast<caf::actor>(payload),
                              caf::actor_cast<caf::actor>(again),
                              caf::actor_cast<caf::actor>(writer)})
      self->send_exit(actor, caf::exit_reason::kill);
    settle();
  }

  void settle() {
    while (consume_message()) {
    }
  }

  void pass(caf::timespan span) {
    advance_time(span);
    settle();
  }

  /// Sends so many reports in one message, numbered through.
  report_batch send(std::size_t count,
                    task_status status = task_status::running) {
    auto batch = std::make_shared<std::vector<pending_report>>(count);
    for (auto& pending : *batch) {
      pending.ready.status = status;
      pending.ready.attempt = ++next;
    }
    self->send(writer, commit_reports{batch, waiter, again});
    return batch;
  }
};

using numbers = std::vector<std::vector<std::uint32_t>>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(report_store_tests, fixture)

CAF_TEST(what waits in the mailbox goes into one transaction) {
  const auto first = send(1);
  const auto second = send(2);
  settle();
  CAF_CHECK(plan->batches == (numbers{{1, 2, 3}}));
  CAF_REQUIRE_EQUAL(ears.settled.size(), 2u);
  CAF_CHECK(ears.settled[0] == first);
  CAF_CHECK(ears.settled[1] == second);
  CAF_CHECK_EQUAL(counters->read(counter::report_batches_total), 1.0);
  // Whoever answers them counts them.
  CAF_CHECK_EQUAL(counters->read(counter::reports_total, "ok"), 0.0);
}

CAF_TEST(a transaction has at most so many rows and keeps their order) {
  send(3);
  send(6);
  settle();
  CAF_CHECK(plan->batches == (numbers{{1, 2, 3, 4}, {5, 6, 7, 8}, {9}}));
  CAF_REQUIRE_EQUAL(ears.settled.size(), 2u);
  const auto& large = *ears.settled[1];
  for (std::uint32_t i = 0; i < large.size(); ++i)
    CAF_CHECK(large[i].ready.attempt == i + 4);
}

CAF_TEST(committed facts go to the payload builder and into the counters) {
  send(2, task_status::succeeded);
  settle();
  CAF_CHECK_EQUAL(ears.facts, 2u);
  CAF_CHECK_EQUAL(counters->read(counter::tasks_finished_total, "delivered"),
                  2.0);
}

CAF_TEST(few reports wait until the other writers are through) {
  auto other = turn->take(writer, false);
  CAF_REQUIRE(other);
  send(1);
  send(1);
  settle();
  CAF_CHECK(plan->batches.empty());
  other.reset();
  settle();
  CAF_CHECK(plan->batches == (numbers{{1, 2}}));
}

CAF_TEST(many reports go beside the other writers) {
  const auto other = turn->take(writer, false);
  send(2);
  settle();
  CAF_CHECK(plan->batches.empty());
  send(1);
  settle();
  CAF_CHECK(plan->batches == (numbers{{1, 2, 3}}));
}

CAF_TEST(a writer that hangs holds nobody for long) {
  const auto other = turn->take(writer, false);
  send(1);
  settle();
  pass(49ms);
  CAF_CHECK(plan->batches.empty());
  pass(1ms);
  CAF_CHECK(plan->batches == (numbers{{1}}));
  // Its own turn is over: the next one waits afresh.
  send(1);
  settle();
  CAF_CHECK_EQUAL(plan->batches.size(), 1u);
}

CAF_TEST(a database that comes back has lost nothing) {
  plan->away = true;
  send(2);
  settle();
  send(1);
  settle();
  CAF_CHECK(ears.settled.empty());
  for (int i = 0; i < 5; ++i) {
    pass(100ms);
  }
  CAF_CHECK(ears.settled.empty());
  plan->away = false;
  plan->batches.clear();
  pass(100ms);
  CAF_CHECK(plan->batches == (numbers{{1, 2, 3}}));
  CAF_CHECK_EQUAL(ears.settled.size(), 2u);
  for (const auto& batch : ears.settled)
    for (const auto& pending : *batch)
      CAF_CHECK_EQUAL(pending.result, ec::none);
}

CAF_TEST(who waited too long for the database hears of it and no one else) {
  plan->away = true;
  send(2);
  settle();
  for (int i = 0; i < 60; ++i) {
    pass(100ms);
  }
  send(1);
  settle();
  for (int i = 0; i < 50; ++i) {
    pass(100ms);
  }
  CAF_REQUIRE_EQUAL(ears.settled.size(), 1u);
  for (const auto& pending : *ears.settled[0])
    CAF_CHECK_EQUAL(pending.result, ec::database_unavailable);
  plan->away = false;
  pass(100ms);
  CAF_REQUIRE_EQUAL(ears.settled.size(), 2u);
  CAF_CHECK_EQUAL(ears.settled[1]->front().result, ec::none);
}

CAF_TEST(
    a database that is away is asked ten times a second however many report) {
  plan->away = true;
  const auto gauge = [&] {
    return counters->read(counter::timers, report_store_state::name);
  };
  for (int i = 0; i < 200; ++i) {
    send(1);
    self->send(writer, flush_reports{}); // as a writer that is through does
    pass(5ms);
    CAF_REQUIRE(gauge() <= 1);
  }
  CAF_CHECK(plan->batches.size() <= 11);
  plan->away = false;
  pass(100ms);
  pass(100ms);
  CAF_CHECK_EQUAL(ears.settled.size(), 200u);
  CAF_MESSAGE("and nothing is due once all is written");
  const auto asked = plan->batches.size();
  pass(60s);
  CAF_CHECK_EQUAL(gauge(), 0);
  CAF_CHECK_EQUAL(plan->batches.size(), asked);
}

CAF_TEST(an error of another kind is answered and the writer goes on) {
  plan->fails_with = ec::internal_error;
  send(1);
  settle();
  CAF_REQUIRE_EQUAL(ears.settled.size(), 1u);
  CAF_CHECK_EQUAL(ears.settled[0]->front().result, ec::internal_error);
  plan->fails_with = ec::none;
  send(1);
  settle();
  CAF_REQUIRE_EQUAL(ears.settled.size(), 2u);
  CAF_CHECK_EQUAL(ears.settled[1]->front().result, ec::none);
}

CAF_TEST(
    reports that were masked with too little go back with what was missing) {
  plan->unmasked = 2;
  const auto batch = send(3);
  settle();
  CAF_REQUIRE_EQUAL(ears.missed.size(), 1u);
  const auto& missed = ears.missed[0];
  CAF_REQUIRE_EQUAL(missed.batch->size(), 1u);
  CAF_CHECK(missed.batch->front().ready.attempt == 2u);
  CAF_CHECK(missed.waiter == waiter);
  CAF_REQUIRE_EQUAL(missed.masks.size(), 1u);
  CAF_CHECK_EQUAL(missed.masks[0].sealed[0].bytes, "sealed");
  CAF_CHECK_EQUAL(plan->asked_masks.size(), 1u);
  // The others are answered, and it is when it comes again.
  CAF_REQUIRE_EQUAL(ears.settled.size(), 1u);
  CAF_CHECK_EQUAL(ears.settled[0]->size(), 2u);
  plan->unmasked = 0;
  self->send(writer, commit_reports{missed.batch, waiter, again});
  settle();
  CAF_REQUIRE_EQUAL(ears.settled.size(), 2u);
  CAF_CHECK_EQUAL(ears.settled[1]->front().result, ec::none);
}

CAF_TEST(values to mask that cannot be read fail their reports alone) {
  plan->unmasked = 1;
  plan->masks_fail = true;
  send(2);
  settle();
  CAF_CHECK(ears.missed.empty());
  CAF_REQUIRE_EQUAL(ears.settled.size(), 1u);
  CAF_CHECK_EQUAL((*ears.settled[0])[0].result, ec::database_unavailable);
  CAF_CHECK_EQUAL((*ears.settled[0])[1].result, ec::none);
}

CAF_TEST(other stores tell what they committed and answer errors as they are) {
  const auto db = std::make_shared<memory_database>();
  const task_rules rules;
  const auto store = [&] {
    return std::make_unique<memory_task_store>(db, rules);
  };
  const auto tasks = sys.spawn(
      [&](task_commands_actor::stateful_pointer<task_commands_state> actor) {
        return task_commands(actor, store(), payload, counters);
      });
  const auto sweeps = sys.spawn(
      [&](sweep_store_actor::stateful_pointer<sweep_store_state> actor) {
        return sweep_store(actor, store(), payload, counters);
      });
  const auto queries = sys.spawn(
      [&](task_query_actor::stateful_pointer<task_query_state> actor) {
        return task_queries(actor, store(), counters);
      });
  create_task what;
  what.task.id = task_id{make_uuid_v7()};
  auto made = self->request(tasks, caf::infinite, what);
  settle();
  made.receive([&](const task_created& x) { CAF_CHECK(!x.repeated); },
               [&](const caf::error& e) { CAF_FAIL(explain(e)); });
  CAF_CHECK_EQUAL(ears.facts, 1u);
  db->now += 3h;
  sweep_tasks sweep;
  sweep.kind = sweep_kind::queue_ttl;
  sweep.threshold = 1h;
  sweep.failure_reason = reason::queued_expired;
  auto swept = self->request(sweeps, caf::infinite, sweep);
  settle();
  swept.receive([&](const tasks_swept& x) { CAF_CHECK_EQUAL(x.settled, 1u); },
                [&](const caf::error& e) { CAF_FAIL(explain(e)); });
  CAF_CHECK_EQUAL(ears.facts, 2u);
  CAF_CHECK_EQUAL(counters->read(counter::tasks_failed_total, "queued_expired"),
                  1.0);
  auto cancelled =
      self->request(tasks, caf::infinite, cancel_task{what.task.id});
  settle();
  cancelled.receive(
      [&](const task_changed&) { CAF_ERROR("a finished task was cancelled"); },
      [&](const caf::error& e) {
        CAF_CHECK_EQUAL(code_of(e), ec::not_cancellable);
      });
  auto found = self->request(queries, caf::infinite, find_task{what.task.id});
  settle();
  found.receive(
      [&](const task_found& x) {
        CAF_CHECK_EQUAL(x.task.status, task_status::failed);
      },
      [&](const caf::error& e) { CAF_FAIL(explain(e)); });
  for (const auto& actor :
       {caf::actor_cast<caf::actor>(tasks), caf::actor_cast<caf::actor>(sweeps),
        caf::actor_cast<caf::actor>(queries)})
    self->send_exit(actor, caf::exit_reason::kill);
}

CAF_TEST_FIXTURE_SCOPE_END()

// libs: telltale_task_worlds telltale_reaper telltale_persistence
#define CAF_SUITE contract.pg_truth

#include "actors/persistence/persistence.hpp"
#include "actors/reaper/policy.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// The check that stored rows are true finds each lie, damage stays where it is,
// and no state lasts for ever.

using namespace telltale;
using namespace std::chrono_literals;

namespace {

using st = task_status;

struct fixture : postgres_fixture {
  pg_options options;
  std::unique_ptr<task_store> store;

  fixture() {
    options.url = url();
    store = make_pg_task_store(options);
  }

  task_id create() const {
    task_record wanted;
    wanted.id = task_id{make_uuid_v7()};
    wanted.kind = "review";
    CAF_REQUIRE(store->create({wanted, {}}));
    return wanted.id;
  }

  ec say(task_id task, st status) const {
    std::vector<pending_report> batch(1);
    batch[0].ready = saying(task, status);
    CAF_REQUIRE(store->apply(batch));
    return batch[0].result;
  }

  task_id failed() const {
    const auto task = create();
    CAF_REQUIRE_EQUAL(say(task, st::failed), ec::none);
    return task;
  }

  std::string violation() const {
    const auto checked = store->check(check_truth{24h});
    return checked ? checked->first.substr(0, checked->first.find(':'))
                   : explain(checked.error());
  }
};

sweep_tasks lease_sweep() {
  sweep_tasks sweep;
  sweep.kind = sweep_kind::lease;
  sweep.failure_reason = failure_reason{reason::timeout};
  sweep.status = st::timed_out;
  return sweep;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(pg_truth_tests, fixture)

CAF_TEST(each broken truth is found) {
  struct lie {
    const char* told;
    const char* found;
  };
  const std::vector<lie> lies{
      {"UPDATE tasks SET failure_reason = NULL",
       "a finished task lacks reason or outcome"},
      {"UPDATE attempts SET ended_at = NULL",
       "a finished task has an open attempt"},
      {"DELETE FROM attempts", "a failed task lacks its attempt"},
      {"DELETE FROM events WHERE type = 'task:failed'",
       "a failure has not exactly one event"},
      {"UPDATE tasks SET completed_at = completed_at - interval '1 second'",
       "a failure has not exactly one event"},
      {"UPDATE tasks SET status = 'succeeded', outcome = 'unverified'",
       "a failure that was told recovered in silence"},
      {"UPDATE tasks SET failure_reason = 'timeout'",
       "a failure has not the reason that was told last"},
      {"UPDATE tasks SET outcome = NULL",
       "a finished task lacks reason or outcome"},
  };
  execute("ALTER TABLE tasks DROP CONSTRAINT failed_has_reason,"
          " DROP CONSTRAINT finished_has_outcome,"
          " DROP CONSTRAINT finished_has_end");
  for (const auto& each : lies) {
    CAF_MESSAGE(each.told);
    execute("TRUNCATE tasks, attempts, events CASCADE");
    failed();
    CAF_CHECK_EQUAL(violation(), "");
    execute(each.told);
    CAF_CHECK_EQUAL(violation(), each.found);
  }
  execute("TRUNCATE tasks, attempts, events CASCADE");
  CAF_REQUIRE_EQUAL(say(create(), st::running), ec::none);
  CAF_CHECK_EQUAL(violation(), "");
  execute("UPDATE attempts SET ended_at = now()");
  CAF_CHECK_EQUAL(violation(),
                  "an active task lacks its lease or its open attempt");
}

CAF_TEST(what one row can hold the schema holds) {
  const auto task = to_string(failed());
  for (const char* lie :
       {"failure_reason = NULL", "outcome = NULL", "completed_at = NULL",
        "lease_expires_at = now()", "status = 'running'"}) {
    bool refused = false;
    try {
      execute("UPDATE tasks SET " + std::string{lie} + " WHERE id = '" + task
              + "'");
    } catch (const std::exception&) {
      refused = true;
    }
    if (!refused)
      CAF_ERROR("the schema takes " << lie);
  }
  CAF_CHECK_EQUAL(violation(), "");
}

CAF_TEST(a row that cannot be read fails its own report and no other) {
  const auto broken = create();
  const auto whole = create();
  CAF_REQUIRE_EQUAL(say(broken, st::running), ec::none);
  CAF_REQUIRE_EQUAL(say(whole, st::running), ec::none);
  execute("UPDATE attempts SET status = 'dreaming' WHERE task_id = '"
          + to_string(broken) + "'");
  std::vector<pending_report> batch(2);
  batch[0].ready = saying(broken, st::posting_result);
  batch[1].ready = saying(whole, st::posting_result);
  CAF_REQUIRE(store->apply(batch));
  CAF_CHECK_EQUAL(batch[0].result, ec::internal_error);
  CAF_CHECK_EQUAL(batch[1].result, ec::none);
  execute("UPDATE tasks SET lease_expires_at = now() - interval '1 hour'");
  const auto swept = store->sweep(lease_sweep());
  CAF_REQUIRE(swept);
  CAF_CHECK_EQUAL(swept->answer.settled, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(every state that is not final is left by time) {
  const auto holds = in_both_worlds([](task_world& w) {
    std::vector<task_id> tasks;
    // A retry that waits a while, and one that waits for its runner.
    for (const auto& why : {failure_reason{reason::agent_provider_network},
                            failure_reason{reason::runtime_offline}}) {
      const auto task = w.create(2).id;
      w.claim("silent");
      auto report = saying(task, st::failed);
      report.failure_reason = why;
      w.report(report);
      CAF_CHECK_EQUAL(w.find(task).task.status, st::queued);
      tasks.push_back(task);
    }
    const auto add = [&](st status, const std::string& runner) {
      const auto task = w.create(1).id;
      tasks.push_back(task);
      if (status == st::queued)
        return;
      auto report = saying(task, status);
      report.runner = runner_id{runner};
      if (runner.empty())
        report.runner.reset();
      w.report(report);
    };
    add(st::queued, {});
    for (const auto status : {st::running, st::posting_result})
      for (const char* runner : {"silent", "alive", ""})
        add(status, runner);
    w.advance(4h);
    w.beat("alive", {});
    for (const auto& sweep : plan_sweeps(config::reaper_config{}))
      CAF_REQUIRE(w.store().sweep(sweep));
    for (const auto& task : tasks)
      CAF_CHECK(is_failure(w.find(task).task.status));
  });
  CAF_CHECK(holds);
}

CAF_TEST(a runner that reports without its name is no silent one) {
  const auto holds = in_both_worlds([](task_world& w) {
    const auto task = w.create().id;
    CAF_CHECK_EQUAL(w.claim("r1").id, task);
    for (int i = 0; i < 4; ++i) {
      w.advance(50s);
      w.report(saying(task, st::running));
      CAF_CHECK_EQUAL(w.sweep(sweep_kind::runner_offline, 150s).settled, 0u);
      CAF_CHECK_EQUAL(w.sweep(sweep_kind::lease, 30s).settled, 0u);
    }
    w.advance(160s);
    CAF_CHECK_EQUAL(w.sweep(sweep_kind::runner_offline, 150s).settled, 1u);
  });
  CAF_CHECK(holds);
}

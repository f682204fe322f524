// libs: telltale_task_worlds telltale_persistence
#define CAF_SUITE contract.pg_task_store

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "actors/persistence/persistence.hpp"
#include "tests/support/answer_cutter.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

// What only a real database can show: values that it refuses, connections that
// break, writers that race.

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

  task_id create(std::uint32_t max_attempts = 2) const {
    task_record wanted;
    wanted.id = task_id{make_uuid_v7()};
    wanted.kind = "review";
    wanted.max_attempts = max_attempts;
    auto made = store->create({wanted, {}});
    CAF_REQUIRE(made);
    return wanted.id;
  }

  std::string events(const char* type) const {
    return ask(std::string{"SELECT count(*) FROM events WHERE type = '"} + type
               + "'");
  }

  std::string violations() const {
    check_truth everything;
    everything.window = 24h;
    const auto checked = store->check(everything);
    return checked ? checked->first : explain(checked.error());
  }
};

std::vector<pending_report>
as_pending(const std::vector<apply_status>& reports) {
  std::vector<pending_report> batch(reports.size());
  for (std::size_t i = 0; i < reports.size(); ++i)
    batch[i].ready = reports[i];
  return batch;
}

/// Somebody who sends each store call from a thread and a connection of his
/// own, all at once.
void all_at_once(std::vector<std::function<void()>> calls) {
  std::atomic<std::size_t> waiting{calls.size()};
  std::vector<std::thread> threads;
  for (auto& call : calls)
    threads.emplace_back([&waiting, call = std::move(call)] {
      --waiting;
      while (waiting > 0)
        std::this_thread::yield();
      call();
    });
  for (auto& thread : threads)
    thread.join();
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(pg_task_store_tests, fixture)

CAF_TEST(a value that cannot be stored fails its own report and no other) {
  std::vector<apply_status> reports;
  for (int i = 0; i < 9; ++i)
    reports.push_back(saying(create(1), st::failed, "fine"));
  reports[3].detail = clean("not \xff UTF-8");
  reports[6].detail = clean(std::string{"a NUL \0 inside", 14});
  auto batch = as_pending(reports);
  const auto facts = store->apply(batch);
  CAF_REQUIRE(facts);
  CAF_CHECK_EQUAL(facts->size(), 7u);
  for (std::size_t i = 0; i < batch.size(); ++i)
    CAF_CHECK_EQUAL(batch[i].result,
                    i == 3 || i == 6 ? ec::invalid_field : ec::none);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM tasks WHERE status = 'failed'"),
                  "7");
  CAF_CHECK_EQUAL(events("task:failed"), "7");
  CAF_CHECK_EQUAL(violations(), "");
}

CAF_TEST(a runner whose name cannot be stored harms nobody else) {
  auto bad = saying(create(), st::running);
  bad.runner = runner_id{"\xff"};
  auto good = saying(create(), st::running);
  good.runner = runner_id{"r1"};
  auto batch = as_pending({bad, good});
  CAF_REQUIRE(store->apply(batch));
  CAF_CHECK_EQUAL(batch[0].result, ec::invalid_field);
  CAF_CHECK_EQUAL(batch[1].result, ec::none);
}

CAF_TEST(a connection that was cut is made again within the call) {
  const auto task = create();
  auto batch = as_pending({saying(task, st::running)});
  CAF_REQUIRE(store->apply(batch));
  execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
          " WHERE datname = current_database() AND pid <> pg_backend_pid()");
  batch = as_pending({saying(task, st::succeeded)});
  CAF_REQUIRE(store->apply(batch));
  CAF_CHECK_EQUAL(batch[0].result, ec::none);
  CAF_CHECK_EQUAL(options.counters->read(counter::database_reconnects_total),
                  1.0);
  CAF_CHECK_EQUAL(events("task:succeeded"), "1");
}

CAF_TEST(a database that is away is an error and nothing is answered) {
  pg_options nowhere;
  nowhere.url = "host=/nonexistent dbname=x user=x";
  const auto away = make_pg_task_store(nowhere);
  auto batch = as_pending({saying(create(), st::running)});
  const auto facts = away->apply(batch);
  CAF_CHECK(!facts);
  CAF_CHECK_EQUAL(code_of(facts.error()), ec::database_unavailable);
  CAF_CHECK_EQUAL(code_of(away->find({batch[0].ready.task}).error()),
                  ec::database_unavailable);
}

CAF_TEST(a write whose answer was lost is written once) {
  const auto task = create(1);
  const auto other = create();
  answer_cutter line{*this};
  pg_options through;
  through.url = line.url();
  const auto far = make_pg_task_store(through);
  // The statement is prepared at its first use: only then its name is a write.
  auto batch = as_pending({saying(create(), st::succeeded)});
  CAF_REQUIRE(far->apply(batch));
  line.cut_answer_to_prepared("write_transitions");
  batch = as_pending(
      {saying(task, st::failed, "once"), saying(other, st::running)});
  CAF_REQUIRE(far->apply(batch));
  CAF_CHECK_EQUAL(line.cuts(), 1);
  for (const auto& pending : batch)
    CAF_CHECK_EQUAL(pending.result, ec::none);
  CAF_CHECK(batch[0].effect == report_effect::repeated);
  CAF_CHECK_EQUAL(events("task:failed"), "1");
  CAF_CHECK_EQUAL(events("task:started"), "1");
  // After the cut the next statement is prepared anew.
  batch = as_pending({saying(create(), st::succeeded)});
  CAF_REQUIRE(far->apply(batch));
  // A person's command, too, is done once and not refused the second time.
  line.cut_answer_to_prepared("write_transitions");
  CAF_CHECK(far->cancel({other}));
  CAF_CHECK_EQUAL(line.cuts(), 2);
  CAF_CHECK_EQUAL(events("task:cancelled"), "1");
  CAF_CHECK_EQUAL(violations(), "");
}

CAF_TEST(a claim whose answer was lost is answered with what it took) {
  answer_cutter line{*this};
  pg_options through;
  through.url = line.url();
  const auto far = make_pg_task_store(through);
  const auto first = create();
  const auto second = create();
  line.cut_answer_to("COMMIT");
  const auto claimed = far->claim({{"r1"}, {}, 1});
  CAF_REQUIRE(claimed);
  CAF_CHECK_EQUAL(line.cuts(), 1);
  CAF_REQUIRE_EQUAL(claimed->answer.tasks.size(), 1u);
  CAF_CHECK_EQUAL(claimed->answer.tasks[0].id, first);
  CAF_CHECK_EQUAL(events("task:started"), "1");
  CAF_CHECK_EQUAL(store->find({second})->task.status, st::queued);
  CAF_CHECK_EQUAL(store->find({first})->task, claimed->answer.tasks[0]);
}

CAF_TEST(a sign of life that was just noted is not asked for again) {
  CAF_REQUIRE(store->claim({{"r1"}, {}, 1}));
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM runners"), "1");
  execute("DELETE FROM runners");
  CAF_REQUIRE(store->claim({{"r1"}, {}, 1}));
  CAF_REQUIRE(store->beat({{{"r1"}, {}}}));
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM runners"), "0");
  CAF_MESSAGE("another runner's is");
  CAF_REQUIRE(store->beat({{{"r1"}, {}}, {{"r2"}, {}}}));
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM runners"), "2");
}

CAF_TEST(racing reports and sweeps end in one state with one event) {
  constexpr int tasks = 40;
  std::vector<apply_status> good;
  std::vector<apply_status> bad;
  for (int i = 0; i < tasks; ++i) {
    const auto id = create(1);
    good.push_back(saying(id, st::succeeded));
    bad.push_back(saying(id, st::failed, "boom"));
  }
  CAF_REQUIRE(store->claim({{"r1"}, {}, 100}));
  execute("UPDATE tasks SET lease_expires_at = now() - interval '1 hour'");
  sweep_tasks sweep;
  sweep.kind = sweep_kind::lease;
  sweep.threshold = 30s;
  sweep.failure_reason = failure_reason{reason::timeout};
  sweep.status = st::timed_out;
  sweep.limit = 7;
  std::mutex guard;
  std::map<task_id, int> winners;
  const auto reporter = [&](std::vector<apply_status> reports) {
    return [this, &guard, &winners, reports = std::move(reports)] {
      const auto mine = make_pg_task_store(options);
      for (std::size_t i = 0; i < reports.size(); i += 8) {
        auto batch = as_pending({reports.begin() + static_cast<long>(i),
                                 reports.begin() + static_cast<long>(i) + 8});
        auto facts = mine->apply(batch);
        const std::lock_guard lock{guard};
        for (const auto& pending : batch)
          if (facts && pending.result == ec::none
              && pending.effect == report_effect::applied)
            ++winners[pending.ready.task];
      }
    };
  };
  const auto sweeper = [&] {
    const auto mine = make_pg_task_store(options);
    for (int i = 0; i < 8; ++i) {
      auto swept = mine->sweep(sweep);
      const std::lock_guard lock{guard};
      if (swept)
        for (const auto& fact : swept->events)
          ++winners[fact.task];
    }
  };
  all_at_once({reporter(good), reporter(bad), sweeper, sweeper});
  CAF_CHECK_EQUAL(winners.size(), static_cast<std::size_t>(tasks));
  // Recoveries aside, each task has one winner and one event of its ending.
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM (SELECT task_id FROM events WHERE"
                      " type IN ('task:failed', 'task:succeeded')"
                      " GROUP BY task_id HAVING count(*) <> 1) x"),
                  "0");
  for (const auto& [task, wins] : winners)
    if (wins != 1)
      CAF_ERROR("task " << to_string(task) << " has " << wins << " winners");
  CAF_CHECK_EQUAL(violations(), "");
}

CAF_TEST(claims that race never share a task) {
  for (int i = 0; i < 60; ++i)
    create();
  std::mutex guard;
  std::map<task_id, int> claimed;
  const auto claimer = [&] {
    const auto mine = make_pg_task_store(options);
    for (int i = 0; i < 10; ++i) {
      auto got = mine->claim({{"r"}, {}, 5});
      const std::lock_guard lock{guard};
      if (got)
        for (const auto& task : got->answer.tasks)
          ++claimed[task.id];
    }
  };
  all_at_once({claimer, claimer, claimer});
  CAF_CHECK_EQUAL(claimed.size(), 60u);
  for (const auto& [task, times] : claimed)
    CAF_CHECK_EQUAL(times, 1);
  CAF_CHECK_EQUAL(events("task:started"), "60");
  CAF_CHECK_EQUAL(violations(), "");
}

CAF_TEST_FIXTURE_SCOPE_END()

// libs: telltale_task_worlds telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.old_snapshot

#include <memory>
#include <string>
#include <vector>

#include <pqxx/pqxx>

#include "actors/persistence/persistence.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/task_worlds.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

/// A service at work while somebody holds a snapshot, as pg_dump does.
struct fixture : postgres_fixture {
  fixture() {
    options.url = url();
    tasks = make_pg_task_store(options);
    other.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    other.exec("SELECT count(*) FROM tasks");
  }

  task_id create(std::int32_t priority = 0, const char* kind = "review") {
    task_record wanted;
    wanted.id = {make_uuid_v7()};
    wanted.kind = kind;
    wanted.max_attempts = 2;
    wanted.priority = priority;
    CAF_REQUIRE(tasks->create({wanted, {}}));
    return wanted.id;
  }

  std::vector<task_id> claim(std::uint32_t limit = 1,
                             std::vector<std::string> kinds = {}) {
    const auto claimed = tasks->claim({{"r1"}, std::move(kinds), limit});
    CAF_REQUIRE(claimed);
    std::vector<task_id> ids;
    for (const auto& task : claimed->answer.tasks)
      ids.push_back(task.id);
    return ids;
  }

  void report(task_id task, task_status status) {
    std::vector<pending_report> batch(1);
    batch[0].ready = saying(task, status);
    batch[0].ready.runner = runner_id{"r1"};
    CAF_REQUIRE(tasks->apply(batch));
    CAF_REQUIRE(batch[0].result == ec::none);
  }

  void live() {
    const auto task = create();
    CAF_REQUIRE(claim() == std::vector{task});
    const beat_heart beat{{"r1"}, {{task, 1}}};
    CAF_REQUIRE(tasks->beat({beat}));
    report(task, task_status::succeeded);
  }

  /// What an empty queue looks like after so many tasks were claimed.
  void leave_claimed(int count) const {
    execute("INSERT INTO tasks (id, status, max_attempts, kind, title)"
            " SELECT gen_random_uuid(), 'queued', 1, 'review', 'left'"
            " FROM generate_series(1, "
            + std::to_string(count) + ")");
    execute("UPDATE tasks SET status = 'cancelled', outcome = 'cancelled',"
            " completed_at = now() WHERE title = 'left'");
  }

  pg_options options;
  std::unique_ptr<task_store> tasks;
  pqxx::connection link{url()};
  pqxx::work other{link};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(old_snapshot_tests, fixture)

CAF_TEST(no small table grows by what is done beside an old snapshot) {
  live();
  const auto version = ask("SELECT xmin FROM runners");
  for (int i = 0; i < 50; ++i)
    live();
  CAF_CHECK_EQUAL(ask("SELECT xmin FROM runners"), version);
  CAF_MESSAGE("but each table that does is one that keeps what it is given");
  CAF_CHECK_EQUAL(ask("SELECT coalesce(string_agg(relname, ' '), '')"
                      " FROM pg_class WHERE relkind = 'r'"
                      " AND relnamespace = 'telltale'::regnamespace"
                      " AND pg_relation_size(oid) > 8192"
                      " AND relname NOT IN ('tasks', 'attempts', 'events')"),
                  "");
  CAF_MESSAGE("an aged sign is renewed");
  execute("UPDATE runners SET last_seen_at = now() - interval '16 seconds'");
  tasks = make_pg_task_store(options); // this one knows that it is a lie
  CAF_CHECK(claim().empty());
  CAF_CHECK_EQUAL(ask("SELECT last_seen_at > now() - interval '5 seconds'"
                      " FROM runners"),
                  "t");
}

CAF_TEST(words are indexed beside an old snapshot) {
  const auto words = make_pg_search(options);
  CAF_REQUIRE(words->index({100}));
  for (int i = 0; i < 3; ++i)
    live();
  execute("UPDATE tasks SET completed_at = now() - interval '1 minute'");
  const auto done = words->index({100});
  CAF_REQUIRE(done);
  CAF_CHECK_EQUAL(done->indexed, 3u);
}

CAF_TEST(claims pass what was claimed before and miss nothing) {
  leave_claimed(40'000);
  CAF_MESSAGE("two slow looks, and from then on from where they ended");
  for (int i = 0; i < 4; ++i) {
    const auto task = create();
    CAF_CHECK(claim() == std::vector{task});
    CAF_CHECK(claim().empty());
    CAF_CHECK(claim(3, {"lint", "review"}).empty());
  }
  const auto low = create(-1);
  const auto second = create();
  const auto high = create(9, "lint");
  CAF_CHECK(claim(1, {"review"}) == std::vector{second});
  CAF_CHECK(claim(3, {"lint", "review"}) == (std::vector{high, low}));
  CAF_MESSAGE("a retry enters the queue when it is due");
  CAF_REQUIRE(tasks->cancel({second}));
  CAF_REQUIRE(tasks->retry({second}));
  CAF_CHECK(claim() == std::vector{second});
}

CAF_TEST_FIXTURE_SCOPE_END()

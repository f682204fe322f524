// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.retention

#include <string>

#include "actors/persistence/persistence.hpp"
#include "tests/support/postgres_fixture.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

constexpr auto days = std::chrono::hours{24};

struct fixture : postgres_fixture {
  fixture() {
    pg_options options;
    options.url = url();
    store = make_pg_retention(options);
  }

  /// A finished task with an attempt, an event and, if a state is
  /// given, a delivery; all of that age. Its kind is its name here.
  void seed(const std::string& name, int age_days,
            const std::string& delivery = {}) {
    const auto when =
        "now() - interval '" + std::to_string(age_days) + " days'";
    execute(
        "WITH t AS (INSERT INTO tasks (id, status, outcome, kind,"
        " max_attempts, attempt, completed_at, created_at, failure_reason)"
        " VALUES (gen_random_uuid(), 'failed', 'failed', '"
        + name + "', 1, 1, " + when + ", " + when
        + ", 'timeout') RETURNING id),"
          " a AS (INSERT INTO attempts (task_id, number, started_at,"
          " ended_at, status, failure_reason) SELECT id, 1, "
        + when + ", " + when
        + ", 'failed', 'timeout' FROM t),"
          " e AS (INSERT INTO events (id, task_id, attempt, type,"
          " occurred_at, facts, position) SELECT gen_random_uuid(), id,"
          " 1, 'task:failed', "
        + when + ", '{}', (SELECT coalesce(max(position), 0) + 1 FROM events)"
        + " FROM t RETURNING id, task_id)"
          " INSERT INTO deliveries (id, event_id, task_id, relay, position,"
          " state, created_at, sent_at) SELECT gen_random_uuid(), e.id,"
          " e.task_id, 'r', 1, s, "
        + when + ", CASE WHEN s = 'sent' THEN " + when
        + " END FROM e, unnest(array_remove(ARRAY['" + delivery + "'], '')) s");
  }

  old_pruned prune(prune_kind kind, std::uint32_t limit = 500) {
    const auto done = store->prune({kind, 30 * days, limit});
    CAF_REQUIRE(done);
    return *done;
  }

  std::string kinds() {
    return ask("SELECT string_agg(kind, ' ' ORDER BY kind) FROM tasks");
  }

  std::unique_ptr<row_pruner> store;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(retention_tests, fixture)

CAF_TEST(an old task goes with its attempts and sent deliveries) {
  seed("old", 31, "sent");
  seed("young", 29, "sent");
  CAF_CHECK_EQUAL(prune(prune_kind::finished_tasks).pruned, 1u);
  CAF_CHECK_EQUAL(kinds(), "young");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM attempts"), "1");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM deliveries"), "1");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events"), "2");
}

CAF_TEST(what was not told stays with all that belongs to it) {
  seed("told", 90, "sent");
  seed("dead", 90, "dead");
  seed("pending", 90, "pending");
  for (const auto kind : {prune_kind::sent_deliveries, prune_kind::events,
                          prune_kind::finished_tasks})
    CAF_CHECK_EQUAL(prune(kind).pruned, 1u);
  CAF_CHECK_EQUAL(kinds(), "dead pending");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events"), "2");
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM attempts"), "2");
}

CAF_TEST(a batch is bounded and says that there is more) {
  for (int i = 0; i < 5; ++i)
    seed("n" + std::to_string(i), 31 + i, "sent");
  const auto first = prune(prune_kind::finished_tasks, 3);
  CAF_CHECK(first == (old_pruned{3, true}));
  CAF_CHECK_EQUAL(kinds(), "n0 n1");
  CAF_CHECK(prune(prune_kind::finished_tasks, 3) == (old_pruned{2, false}));
  CAF_CHECK(prune(prune_kind::finished_tasks, 3) == (old_pruned{0, false}));
}

CAF_TEST(events that stay at the front hold up none behind them) {
  for (int i = 0; i < 4; ++i)
    seed("stays", 90, "dead");
  for (int i = 0; i < 3; ++i)
    seed("goes", 60);
  seed("young", 1);
  CAF_CHECK_EQUAL(prune(prune_kind::events, 2).pruned, 2u);
  CAF_CHECK_EQUAL(prune(prune_kind::events, 2).pruned, 1u);
  CAF_CHECK_EQUAL(ask("SELECT count(*) FROM events"), "5");
}

CAF_TEST(active and queued tasks never go and their runners neither) {
  execute("INSERT INTO runners (id, last_seen_at) SELECT n, now() - interval"
          " '90 days' FROM unnest(ARRAY['gone', 'works', 'awaited']) n");
  execute("INSERT INTO tasks (id, status, kind, max_attempts, attempt,"
          " runner_id, lease_expires_at, created_at, awaits_runner) VALUES"
          " (gen_random_uuid(), 'running', 'a', 1, 1, 'works', now(),"
          "  now() - interval '90 days', false),"
          " (gen_random_uuid(), 'queued', 'b', 1, 1, 'awaited', NULL,"
          "  now() - interval '90 days', true)");
  CAF_CHECK_EQUAL(prune(prune_kind::finished_tasks).pruned, 0u);
  CAF_CHECK_EQUAL(prune(prune_kind::runners).pruned, 1u);
  CAF_CHECK_EQUAL(ask("SELECT string_agg(id, ' ' ORDER BY id) FROM runners"),
                  "awaited works");
}

CAF_TEST(a round with nothing old reads no table from end to end) {
  execute("INSERT INTO tasks (id, status, outcome, kind, max_attempts, attempt,"
          " completed_at) SELECT gen_random_uuid(), 'succeeded', 'delivered',"
          " 'k', 1, 1, now() FROM generate_series(1, 20000)");
  execute("INSERT INTO events (id, task_id, attempt, type, occurred_at, facts,"
          " position) SELECT gen_random_uuid(), gen_random_uuid(), 1,"
          " 'task:succeeded', now(), '{}', n FROM generate_series(1, 20000) n");
  execute("INSERT INTO deliveries (id, event_id, task_id, relay, position,"
          " state, sent_at) SELECT gen_random_uuid(), gen_random_uuid(),"
          " gen_random_uuid(), 'r', n, 'sent', now()"
          " FROM generate_series(1, 20000) n");
  execute("ANALYZE");
  const auto rows_read = [&] {
    execute("SELECT pg_stat_force_next_flush()");
    return std::stol(
        ask("SELECT sum(seq_tup_read) FROM pg_stat_user_tables"
            " WHERE relname IN ('tasks', 'events', 'deliveries')"));
  };
  const bool counts = ask("SELECT current_setting('server_version_num')::int"
                          " >= 150000")
                      == "t";
  const auto before = counts ? rows_read() : 0;
  for (const auto kind : {prune_kind::sent_deliveries, prune_kind::events,
                          prune_kind::finished_tasks})
    CAF_CHECK_EQUAL(prune(kind).pruned, 0u);
  store.reset(); // its connection reports its counts
  if (counts)
    CAF_CHECK_EQUAL(rows_read(), before);
}

CAF_TEST_FIXTURE_SCOPE_END()

// libs: telltale_persistence telltale_postgres_fixture
#define CAF_SUITE integration.task_lists

#include <map>
#include <string>
#include <vector>

#include "actors/persistence/persistence.hpp"
#include "actors/persistence/postgres/list_statement.hpp"
#include "tests/support/postgres_fixture.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;

namespace {

/// Tasks of every state; three at a time were made at the same moment.
constexpr const char* seed = R"(
INSERT INTO tasks (id, status, outcome, failure_reason, error_detail, cause,
  completed_at, created_at, kind, max_attempts, attempt, runner_id,
  chat_session_id, lease_expires_at, title)
SELECT md5(n::text)::uuid, status,
  CASE WHEN status = 'succeeded'
         THEN (ARRAY['delivered', 'delivered', 'silent_noop', 'clean',
                     'unverified'])[1 + n / 7 % 5]
       WHEN status = 'cancelled' THEN 'cancelled'
       WHEN finished THEN 'failed' END,
  CASE WHEN status = 'timed_out' THEN 'timeout'
       WHEN status = 'failed' THEN 'reason-' || n % 20
       WHEN status = 'queued' AND n % 3 = 0 THEN 'reason-1' END,
  CASE WHEN status = 'failed' THEN 'line ' || n END,
  CASE WHEN status = 'failed' OR status = 'queued' AND n % 3 = 0
         THEN lpad(to_hex(n % 30), 16, '0') END,
  CASE WHEN finished THEN at + interval '1 minute' END, at,
  'kind-' || n % 9 * (n % 2), 3, 1,
  CASE WHEN status <> 'queued' THEN 'runner-' || n * 31 % 200 END,
  CASE WHEN n % 3 > 0 THEN 'chat-' || n * 17 % 2000 END,
  CASE WHEN status IN ('running', 'posting_result') THEN now() END,
  'Review change ' || n
FROM (SELECT n, status, status NOT IN ('queued', 'running', 'posting_result')
             AS finished, timestamptz '2026-03-01' + n / 3 * interval '1 minute'
             AS at
  FROM (SELECT n, CASE WHEN n % 97 = 0 THEN 'queued' WHEN n % 89 = 0
          THEN 'running' WHEN n % 501 = 0 THEN 'posting_result'
          WHEN n % 83 = 0 THEN 'cancelled' WHEN n % 53 = 0 THEN 'timed_out'
          WHEN n % 7 = 0 THEN 'failed' ELSE 'succeeded' END AS status
        FROM generate_series(1, 50000) n) made) placed)";

timestamp day(int number) {
  return *parse_rfc3339("2026-03-" + std::string{number < 10 ? "0" : ""}
                        + std::to_string(number) + "T00:00:00Z");
}

/// What a list may ask for, by a name for the one who reads a failure.
std::map<std::string, list_tasks> questions() {
  std::map<std::string, list_tasks> all;
  all["anything"] = {};
  for (const auto status :
       {task_status::queued, task_status::running, task_status::posting_result,
        task_status::succeeded, task_status::failed, task_status::timed_out,
        task_status::cancelled})
    all["status " + to_string(status)].status = status;
  for (const auto outcome :
       {task_outcome::delivered, task_outcome::clean, task_outcome::silent_noop,
        task_outcome::unverified, task_outcome::failed,
        task_outcome::cancelled})
    all["outcome " + to_string(outcome)].outcome = outcome;
  for (const auto* why : {"timeout", "reason-1", "reason-19", "nobody's"})
    all[std::string{"reason "} + why].failure_reason = why;
  for (const auto* cause : {"0000000000000000", "ffffffffffffffff"})
    all[std::string{"cause "} + cause].cause = cause;
  for (const auto* kind : {"kind-0", "kind-7", "nobody's"})
    all[std::string{"kind "} + kind].kind = kind;
  for (const auto* runner : {"runner-7", "nobody's"})
    all[std::string{"runner "} + runner].runner = runner_id{runner};
  for (const auto* chat : {"chat-17", "nobody's"})
    all[std::string{"chat "} + chat].chat_session = chat_session_id{chat};
  all["window"].since = day(4);
  all["window"].until = day(5);
  auto& mixed = all["mixed"];
  mixed.status = task_status::failed;
  mixed.outcome = task_outcome::failed;
  mixed.kind = "kind-3";
  mixed.since = day(2);
  auto& together = all["runner with reason"];
  together.runner = runner_id{"runner-7"};
  together.failure_reason = "reason-1";
  auto& rare = all["runner with outcome"];
  rare.runner = runner_id{"runner-7"};
  rare.outcome = task_outcome::cancelled;
  auto& three = all["status with kind and runner"];
  three.status = task_status::succeeded;
  three.kind = "kind-3";
  three.runner = runner_id{"runner-7"};
  auto& reasoned = all["kind with reason"];
  reasoned.kind = "kind-7";
  reasoned.failure_reason = "reason-1";
  auto& never = all["contradiction"];
  never.status = task_status::queued;
  never.outcome = task_outcome::clean;
  return all;
}

struct fixture : postgres_fixture {
  fixture() {
    execute(seed);
    execute("ANALYZE tasks");
  }

  /// The ids that the conditions name, newest first, by a plain question.
  std::string plain(const list_tasks& what) const {
    std::string where = "true";
    const auto is = [&](const char* column, const std::string& value) {
      where += std::string{" AND "} + column + " = $v$" + value + "$v$";
    };
    if (what.status)
      is("status", to_string(*what.status));
    if (what.outcome)
      is("outcome", to_string(*what.outcome));
    if (what.failure_reason)
      is("failure_reason", *what.failure_reason);
    if (what.cause)
      is("cause", *what.cause);
    if (what.kind)
      is("kind", *what.kind);
    if (what.runner)
      is("runner_id", what.runner->value);
    if (what.chat_session)
      is("chat_session_id", what.chat_session->value);
    if (what.since)
      where += " AND created_at >= '" + format_rfc3339(*what.since) + "'";
    if (what.until)
      where += " AND created_at < '" + format_rfc3339(*what.until) + "'";
    return plain_of("tasks", where);
  }
  std::string plain_of(const std::string& table,
                       const std::string& where) const {
    return ask("SELECT count(*) || ' ' || COALESCE(md5(string_agg(id::text,"
               " ',' ORDER BY created_at DESC, id DESC)), '') FROM "
               + table + " WHERE " + where);
  }

  /// The same by pages.
  std::vector<std::string> paged(list_tasks what, std::uint32_t limit) {
    pg_options options;
    options.url = url();
    const auto store = make_pg_task_store(options);
    what.limit = limit;
    std::vector<std::string> ids;
    for (;;) {
      const auto page = store->list(what);
      CAF_REQUIRE(page);
      for (const auto& task : page->tasks)
        ids.push_back(to_string(task.id));
      if (!page->next)
        return ids;
      what.after = page->next;
    }
  }

  std::string digest(const std::vector<std::string>& ids) const {
    std::string all;
    for (const auto& id : ids)
      all += (all.empty() ? "" : ",") + id;
    return std::to_string(ids.size()) + " "
           + (ids.empty() ? "" : ask("SELECT md5('" + all + "')"));
  }

  /// How PostgreSQL would answer, its parameters known.
  std::string plan_of(const list_tasks& what) const {
    return ask("EXPLAIN (FORMAT JSON) " + spelled(what));
  }

  /// The statement with its values in it.
  static std::string spelled(const list_tasks& what) {
    auto asked = statement_of(what, "t.id, t.created_at, t.title");
    for (auto n = asked.values.size(); n > 0; --n) {
      const auto place = "$" + std::to_string(n);
      for (auto at = asked.sql.find(place); at != std::string::npos;
           at = asked.sql.find(place))
        asked.sql.replace(at, place.size(),
                          "E'" + escaped(asked.values[n - 1]) + "'");
    }
    return asked.sql;
  }

  static std::string escaped(const std::string& value) {
    std::string result;
    for (const char c : value) {
      if (c == '\'' || c == '\\')
        result += '\\';
      result += c;
    }
    return result;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(task_list_tests, fixture)

CAF_TEST(pages of any filter hold what was asked for once and in order) {
  for (const auto& [name, what] : questions()) {
    const auto ids = paged(what, 200);
    const auto found = digest(ids);
    if (found != plain(what))
      CAF_ERROR(name << ": " << found << " instead of " << plain(what));
  }
  list_tasks timed_out;
  timed_out.status = task_status::timed_out;
  CAF_CHECK_EQUAL(digest(paged(timed_out, 7)), plain(timed_out));
}

CAF_TEST(no list reads the whole table) {
  for (auto [name, what] : questions())
    for (const bool later : {false, true}) {
      if (later)
        what.after = page_cursor{day(6), {}};
      const auto plan = plan_of(what);
      CAF_REQUIRE(!plan.empty());
      if (plan.find("Seq Scan") != std::string::npos)
        CAF_ERROR(name << " reads the whole table: " << plan);
    }
}

CAF_TEST(indexes of two filters are intersected) {
  struct pair_of_indexes {
    const char *question, *one, *other;
  };
  const auto all = questions();
  for (const auto& [question, one, other] :
       {pair_of_indexes{"runner with reason", "tasks_ended_runner",
                        "tasks_ended_reason"},
        {"kind with reason", "tasks_ended_kind", "tasks_ended_reason"},
        {"runner with outcome", "tasks_ended_runner",
         "tasks_finished_outcome"}}) {
    const auto plan = plan_of(all.at(question));
    CAF_MESSAGE(question << ": " << plan);
    for (const auto* part : {"BitmapAnd", one, other})
      CAF_CHECK(plan.find(part) != std::string::npos);
  }
}

CAF_TEST(what goes together is expected together) {
  const std::string timed_out = " FROM tasks WHERE status = 'timed_out'"
                                " AND outcome = 'failed'"
                                " AND failure_reason = 'timeout'";
  const auto plan = ask("EXPLAIN (FORMAT JSON) SELECT id" + timed_out);
  const std::string name = "\"Plan Rows\": ";
  const auto at = plan.find(name);
  CAF_REQUIRE(at != std::string::npos);
  const auto expected = std::stod(plan.substr(at + name.size()));
  const auto there = std::stod(ask("SELECT count(*)" + timed_out));
  CAF_CHECK(there > 100 && expected > there / 2 && expected < there * 2);
}

CAF_TEST(lists of deliveries hold what was asked for) {
  execute(R"(
INSERT INTO deliveries (id, event_id, task_id, relay, position, state,
  created_at)
SELECT md5('d' || n)::uuid, md5('e' || n)::uuid, md5(n::text)::uuid,
  CASE WHEN n % 500 = 0 THEN 'pager' ELSE 'chats' END, n,
  CASE WHEN n % 1000 = 7 THEN 'dead' WHEN n > 19900 THEN 'pending'
       ELSE 'sent' END, timestamptz '2026-03-01' + n / 3 * interval '1 minute'
FROM generate_series(1, 20000) n)");
  execute("ANALYZE deliveries");
  pg_options options;
  options.url = url();
  const auto store = make_pg_task_store(options);
  for (const char* state : {"", "pending", "sent", "dead"})
    for (const char* relay : {"", "chats", "pager", "nobody"}) {
      list_deliveries what;
      std::string where = "true";
      if (*state != '\0') {
        what.state = parse_delivery_state(state);
        where += std::string{" AND state = '"} + state + "'";
      }
      if (*relay != '\0') {
        what.relay = relay;
        where += std::string{" AND relay = '"} + relay + "'";
      }
      what.limit = 200;
      std::vector<std::string> ids;
      for (bool more = true; more;) {
        const auto page = store->list(what);
        CAF_REQUIRE(page);
        for (const auto& one : page->deliveries)
          ids.push_back(to_string(one.id));
        more = page->next.has_value();
        what.after = page->next;
      }
      const auto expected = plain_of("deliveries", where);
      if (digest(ids) != expected)
        CAF_ERROR("'" << state << "' '" << relay << "': " << digest(ids)
                      << " instead of " << expected);
    }
  CAF_MESSAGE("what is dead is found though nothing of it is new");
  list_deliveries dead;
  dead.state = delivery_state::dead;
  const auto plan =
      ask("EXPLAIN (FORMAT JSON) " + statement_of(dead, "d.id").sql);
  CAF_CHECK(plan.find("deliveries_dead") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()

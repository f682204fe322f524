// libs: telltale_persistence telltale_gateway telltale_postgres_fixture
// Boost::json
#define CAF_SUITE integration.statistics

#include <set>
#include <string>

#include <boost/json.hpp>

#include "actors/gateway/wire/wire_causes.hpp"
#include "actors/gateway/wire/wire_stats.hpp"
#include "actors/persistence/persistence.hpp"
#include "messages/fingerprint.hpp"
#include "tests/support/postgres_fixture.hpp"

#include "tests/support/checks.hpp"

using namespace telltale;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

struct fixture : postgres_fixture {
  fixture() {
    pg_options options;
    options.url = url();
    store = make_pg_statistics(options);
  }

  /// `count` tasks that finished `age` ago; ids are made up by PostgreSQL.
  void finish(int count, const std::string& status, const std::string& outcome,
              const std::string& reason, const std::string& detail,
              const std::string& age, const std::string& kind = "review",
              int attempt = 1, const std::string& runner = "") {
    const auto text = [](const std::string& value) {
      return value.empty() ? std::string{"NULL"} : "E'" + value + "'";
    };
    const auto line = detail.substr(0, detail.find("\\n"));
    const auto cause =
        reason.empty() ? std::string{} : fingerprint(reason, line);
    execute("INSERT INTO tasks (id, status, outcome, failure_reason,"
            " error_detail, telling_line, cause, runner_id, completed_at, "
            "created_at, kind, max_attempts,"
            " attempt) SELECT gen_random_uuid(), '"
            + status + "', '" + outcome + "', " + text(reason) + ", "
            + text(detail) + ", " + text(line) + ", " + text(cause) + ", "
            + text(runner) + ", now() - interval '" + age
            + "', now() - interval '" + age + "', '" + kind + "', 3, "
            + std::to_string(attempt) + " FROM generate_series(1, "
            + std::to_string(count) + ")");
  }

  stats_read read(std::chrono::seconds window, std::chrono::seconds bucket,
                  std::optional<std::string> kind = {}) {
    asked = {window, bucket, std::move(kind)};
    auto found = store->read(asked);
    CAF_REQUIRE(found);
    return *found;
  }

  static list_causes within(std::chrono::seconds window) {
    list_causes what;
    what.window = window;
    return what;
  }

  causes_listed list(const list_causes& what) {
    auto found = store->list(what);
    CAF_REQUIRE(found);
    return *found;
  }

  json::value json_of(const stats_read& found) {
    return json::parse(write_stats(asked, found));
  }

  read_stats asked;
  std::unique_ptr<statistics_store> store;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(statistics_tests, fixture)

CAF_TEST(a fortnight of which most successes posted nothing is told as such) {
  finish(60, "succeeded", "silent_noop", "", "token expired\\nmore", "1 day");
  finish(38, "succeeded", "silent_noop", "", "", "3 days");
  finish(30, "succeeded", "delivered", "", "", "5 days");
  finish(10, "succeeded", "clean", "", "", "13 days");
  finish(6, "succeeded", "unverified", "", "", "13 days");
  finish(9, "succeeded", "silent_noop", "", "too old", "15 days");
  const auto told = json_of(read(14 * 24h, 24h));
  CAF_CHECK_EQUAL(told.at("succeeded").as_int64(), 144);
  CAF_CHECK_EQUAL(told.at("outcomes").at("silent_noop").as_int64(), 98);
  CAF_CHECK(told.at("silent_noop_rate").as_double() > 0.6805);
  CAF_CHECK(told.at("silent_noop_rate").as_double() < 0.6806);
  CAF_CHECK_EQUAL(json::serialize(told.at("no_op_details")),
                  R"([{"telling_line":"token expired","count":60},)"
                  R"({"telling_line":null,"count":38}])");
  CAF_CHECK_EQUAL(told.at("window").as_string(), "14d");
  CAF_CHECK(told.at("unknown_share").is_null());
}

CAF_TEST(buckets have no hole and add up to the whole) {
  finish(2, "failed", "failed", "timeout", "", "30 minutes");
  finish(3, "failed", "failed", "agent_error.unknown", "boom", "5 hours");
  finish(1, "cancelled", "cancelled", "", "", "23 hours");
  const auto found = read(24h, 1h);
  CAF_CHECK_EQUAL(found.buckets.size(), 25u);
  std::uint64_t finished = 0;
  for (std::size_t i = 0; i < found.buckets.size(); ++i) {
    finished += found.buckets[i].outcomes.finished();
    if (i > 0)
      CAF_CHECK(found.buckets[i].start - found.buckets[i - 1].start == 1h);
  }
  CAF_CHECK_EQUAL(finished, 6u);
  CAF_CHECK(found.buckets.front().start <= found.since);
  CAF_CHECK(found.buckets.back().start <= found.until);
  const auto told = json_of(found);
  CAF_CHECK_EQUAL(told.at("unknown_share").as_double(), 0.6);
  CAF_CHECK_EQUAL(json::serialize(told.at("reasons")),
                  R"([{"failure_reason":"agent_error.unknown","side":"agent",)"
                  R"("count":3},{"failure_reason":"timeout",)"
                  R"("side":"platform","count":2}])");
  CAF_CHECK(told.at("silent_noop_rate").is_null());
}

CAF_TEST(
    reasons that runners make up are named up to a bound and then counted) {
  for (int i = 0; i < 120; ++i)
    finish(i < 60 ? 2 : 1, "failed", "failed", "made_up_" + std::to_string(i),
           "", i % 2 == 0 ? "2 hours" : "9 hours");
  finish(1, "failed", "failed", "agent_error.unknown", "", "3 hours");
  const auto found = read(24h, 1h);
  const auto told = json_of(found);
  const auto& reasons = told.at("reasons").as_array();
  CAF_CHECK_EQUAL(reasons.size(), 51u);
  std::int64_t failed = 0;
  for (const auto& one : reasons)
    failed += one.at("count").as_int64();
  CAF_CHECK_EQUAL(failed, 181);
  CAF_CHECK_EQUAL(reasons.front().at("failure_reason").as_string(), "other");
  CAF_CHECK_EQUAL(reasons.front().at("count").as_int64(), 181 - 2 * 49 - 1);
  CAF_CHECK_EQUAL(told.at("unknown_share").as_double(), 1.0 / 181);
}

CAF_TEST(the newest causes are failures counted by their fingerprint) {
  finish(4, "failed", "failed", "timeout", "same\\nA", "2 hours");
  finish(1, "failed", "failed", "timeout", "same\\nB", "1 hour");
  finish(1, "failed", "failed", "timeout", "", "10 minutes");
  const auto found = read(24h, 1h);
  CAF_REQUIRE_EQUAL(found.newest_causes.size(), 2u);
  CAF_CHECK_EQUAL(found.newest_causes[0].telling_line.view(), "");
  CAF_CHECK_EQUAL(found.newest_causes[1].telling_line.view(), "same");
  CAF_CHECK_EQUAL(found.newest_causes[1].count, 5u);
  CAF_CHECK_EQUAL(to_string(found.newest_causes[1].last_task),
                  ask("SELECT id FROM tasks WHERE error_detail = E'same\\nB'"));
}

CAF_TEST(causes have their counts and their trend and where they are) {
  finish(3, "failed", "failed", "timeout", "lock held by job 17", "2 hours",
         "review", 1, "eu-1");
  finish(2, "failed", "failed", "timeout", "lock held by job 23", "13 days",
         "build", 1, "eu-2");
  finish(1, "failed", "failed", "timeout", "lock held by job 4", "20 days");
  finish(1, "failed", "failed", "agent_blocked", "which one?", "1 hour");
  finish(4, "succeeded", "silent_noop", "", "lock held by job 17", "1 hour");
  const auto found = list(within(14 * 24h));
  CAF_REQUIRE_EQUAL(found.causes.size(), 2u);
  CAF_CHECK(!found.next);
  const auto& lock = found.causes[1];
  CAF_CHECK_EQUAL(lock.fingerprint,
                  fingerprint("timeout", "lock held by job 1"));
  CAF_CHECK_EQUAL(lock.failure_reason.wire, "timeout");
  CAF_CHECK_EQUAL(lock.telling_line.view(), "lock held by job 17");
  CAF_CHECK_EQUAL(lock.count, 5u);
  CAF_CHECK(lock.last_seen - lock.first_seen > 19 * 24h);
  CAF_REQUIRE_EQUAL(lock.trend.size(), trend_parts);
  CAF_CHECK_EQUAL(lock.trend.front() + lock.trend[1], 2u);
  CAF_CHECK_EQUAL(lock.trend.back(), 3u);
  CAF_CHECK(lock.kinds == (std::vector<std::string>{"review", "build"}));
  CAF_CHECK(lock.runners == (std::vector<std::string>{"eu-1", "eu-2"}));
  CAF_REQUIRE_EQUAL(lock.newest.size(), 5u);
  CAF_CHECK_EQUAL(lock.newest.front().error_detail.view(),
                  "lock held by job 17");
  auto builds = within(14 * 24h);
  builds.kind = "build";
  const auto of_builds = list(builds);
  CAF_REQUIRE_EQUAL(of_builds.causes.size(), 1u);
  CAF_CHECK_EQUAL(of_builds.causes[0].count, 2u);
  CAF_CHECK_EQUAL(of_builds.causes[0].telling_line.view(),
                  "lock held by job 23");
  CAF_CHECK(of_builds.causes[0].runners == (std::vector<std::string>{"eu-2"}));
}

CAF_TEST(a cause is counted over the runs that failed of it as they end) {
  for (int i = 0; i < 2; ++i)
    finish(1, "failed", "failed", "timeout",
           "lock held by job " + std::to_string(i), "1 hour");
  CAF_CHECK_EQUAL(list(within(24h)).causes.at(0).count, 2u);
  finish(1, "timed_out", "failed", "timeout", "lock held by job 2", "1 minute");
  CAF_CHECK_EQUAL(list(within(24h)).causes.at(0).count, 3u);
  execute("UPDATE tasks SET status = 'succeeded', outcome = 'delivered',"
          " failure_reason = NULL, cause = NULL WHERE status = 'timed_out'");
  CAF_CHECK_EQUAL(list(within(24h)).causes.at(0).count, 2u);
}

CAF_TEST(causes are read page by page though many were last seen at once) {
  for (int i = 0; i < 5; ++i)
    finish(1, "failed", "failed", "reason_" + std::to_string(i), "x",
           std::to_string(i / 2 + 1) + " hours");
  execute("UPDATE tasks SET completed_at = date_trunc('minute', completed_at)");
  auto what = within(24h);
  what.limit = 2;
  std::set<std::string> seen;
  std::optional<timestamp> before;
  for (int page = 0; page < 3; ++page) {
    const auto found = list(what);
    for (const auto& cause : found.causes) {
      CAF_CHECK(seen.insert(cause.fingerprint).second);
      CAF_CHECK(!before || cause.last_seen <= *before);
      before = cause.last_seen;
    }
    CAF_CHECK_EQUAL(found.next.has_value(), page < 2);
    what.after = found.next;
    if (!found.next)
      continue;
    // The cursor survives its way to a client and back.
    const auto text = json::parse(write_causes(found)).at("next_cursor");
    const auto parsed = parse_list_causes(
        {{"cursor", std::string{text.as_string()}}, {"limit", "2"}});
    CAF_REQUIRE(parsed);
    CAF_CHECK(parsed->after == found.next);
  }
  CAF_CHECK_EQUAL(seen.size(), 5u);
}

CAF_TEST(one cause is found by its name whenever it was seen) {
  finish(1, "failed", "failed", "reason_c", "x", "3 days");
  auto what = within(24h);
  what.fingerprint = fingerprint("reason_c", "x");
  const auto one = list(what);
  CAF_REQUIRE_EQUAL(one.causes.size(), 1u);
  CAF_CHECK_EQUAL(one.causes[0].failure_reason.wire, "reason_c");
  CAF_CHECK_EQUAL(one.causes[0].count, 0u);
  const auto told = json::parse(write_cause(one.causes[0]));
  CAF_REQUIRE_EQUAL(told.at("newest").as_array().size(), 1u);
  CAF_CHECK_EQUAL(told.at("newest").at(0).at("cause").as_string(),
                  what.fingerprint->c_str());
  what.fingerprint = fingerprint("reason_z", "x");
  CAF_CHECK(list(what).causes.empty());
}

CAF_TEST(a kind counts alone and retried attempts have their reasons) {
  finish(2, "succeeded", "delivered", "", "", "1 hour", "build", 2);
  finish(5, "succeeded", "delivered", "", "", "1 hour");
  execute("INSERT INTO attempts (task_id, number, started_at, ended_at, status,"
          " failure_reason) SELECT id, 1, now(), now(), 'timed_out', 'timeout'"
          " FROM tasks WHERE attempt = 2");
  const auto found = read(24h, 1h, "build");
  CAF_CHECK_EQUAL(json_of(found).at("finished").as_int64(), 2);
  CAF_CHECK(found.retried
            == (std::map<std::string, std::uint64_t>{{"timeout", 2}}));
  CAF_CHECK_EQUAL(json_of(read(24h, 1h, "deploy")).at("finished").as_int64(),
                  0);
}

CAF_TEST(deliveries that wait
         or died are counted and the oldest one has an age) {
  execute("INSERT INTO deliveries (id, event_id, task_id, relay, position,"
          " state, created_at) SELECT gen_random_uuid(), gen_random_uuid(),"
          " gen_random_uuid(), 'r', n, CASE WHEN n < 3 THEN 'pending' WHEN n ="
          " 3 THEN 'dead' ELSE 'sent' END, now() - n * interval '1 minute'"
          " FROM generate_series(1, 9) n");
  const auto told = json_of(read(24h, 1h)).at("deliveries");
  CAF_CHECK_EQUAL(told.at("pending").as_int64(), 2);
  CAF_CHECK_EQUAL(told.at("dead").as_int64(), 1);
  CAF_CHECK(told.at("oldest_pending_seconds").as_double() >= 120);
  CAF_CHECK(told.at("oldest_pending_seconds").as_double() < 180);
}

CAF_TEST(runners come by their last sign of life in pages without a repeat) {
  execute("INSERT INTO runners (id, first_seen_at, last_seen_at) SELECT 'r' ||"
          " n, now() - interval '1 day', now() - (n / 2) * interval '1 minute'"
          " FROM generate_series(0, 9) n");
  execute("INSERT INTO tasks (id, status, kind, max_attempts, attempt,"
          " runner_id, lease_expires_at, started_at) VALUES"
          " (gen_random_uuid(), 'running', 'review', 1, 1, 'r9',"
          " now() + interval '1 minute', now())");
  list_runners what;
  what.silence = 150s;
  what.limit = 3;
  std::set<std::string> ids;
  std::optional<timestamp> before;
  std::size_t silent = 0;
  for (int page = 0; page < 4; ++page) {
    const auto found = store->list(what);
    CAF_REQUIRE(found);
    for (const auto& runner : found->runners) {
      CAF_CHECK(ids.insert(runner.id.value).second);
      CAF_CHECK(!before || runner.last_seen_at <= *before);
      before = runner.last_seen_at;
      silent += runner.silent ? 1 : 0;
      CAF_CHECK_EQUAL(runner.active.size(), runner.id.value == "r9" ? 1u : 0u);
    }
    CAF_CHECK_EQUAL(found->next.has_value(), page < 3);
    // The cursor survives its way to a client and back.
    if (found->next) {
      const auto text = json::parse(write_runners(*found)).at("next_cursor");
      const auto parsed = parse_list_runners(
          {{"cursor", std::string{text.as_string()}}, {"limit", "3"}});
      CAF_REQUIRE(parsed);
      what.after = parsed->after;
      CAF_CHECK(what.after == found->next);
    }
  }
  CAF_CHECK_EQUAL(ids.size(), 10u);
  CAF_CHECK_EQUAL(silent, 4u);
}

CAF_TEST(windows and buckets that make no sense are refused) {
  CAF_CHECK(parse_read_stats({}));
  CAF_CHECK(parse_read_stats({})->window == 14 * 24h);
  CAF_CHECK(parse_read_stats({{"window", "24h"}})->bucket == 1h);
  CAF_CHECK(parse_read_stats({{"window", "3d"}})->bucket == 24h);
  CAF_CHECK(parse_read_stats({{"window", "90m"}, {"bucket", "1d"}}));
  for (const auto* bad : {"0d", "59m", "91d", "d", "14", "1.5d", "-1d", "14w"})
    CAF_CHECK(!parse_read_stats({{"window", bad}}));
  for (const auto* bad : {"2h", "7d", "x", "1m"})
    CAF_CHECK(!parse_read_stats({{"bucket", bad}}));
  for (const auto* bad : {"0d", "59m", "91d", "x"}) {
    CAF_CHECK(!parse_list_causes({{"window", bad}}));
    CAF_CHECK(!parse_read_cause("0123456789abcdef", {{"window", bad}}));
  }
  CAF_CHECK(parse_list_causes({})->window == 14 * 24h);
  CAF_CHECK_EQUAL(*parse_list_causes({{"kind", "build"}})->kind, "build");
  // A cursor names a moment and a fingerprint, each as this list writes them.
  for (const auto* bad : {"???", "MTIz", "MTIzL3h5eg", "L2Fi"})
    CAF_CHECK(!parse_list_causes({{"cursor", bad}}));
  for (const auto* bad : {"0", "201", "x"})
    CAF_CHECK(!parse_list_causes({{"limit", bad}}));
  for (const auto* bad : {"", "0123456789abcde", "0123456789abcdef0",
                          "0123456789ABCDEF", "0123456789abcdeg"})
    CAF_CHECK(!is_fingerprint(bad));
  CAF_CHECK(is_fingerprint("0123456789abcdef"));
  CAF_CHECK(!parse_list_runners({{"cursor", "???"}}));
  CAF_CHECK(!parse_list_runners({{"limit", "201"}}));
}

CAF_TEST_FIXTURE_SCOPE_END()

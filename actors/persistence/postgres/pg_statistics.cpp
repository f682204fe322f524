#include "actors/persistence/postgres/pg_statistics.hpp"

#include <string>
#include <utility>

#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/store_statements.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

/// Of all that finished in the window; `$1` since, `$2` until, `$3` a kind or
/// null.
constexpr std::string_view finished_rows =
    " FROM tasks t WHERE t.completed_at >= $1::timestamptz"
    " AND t.completed_at < $2::timestamptz"
    " AND ($3::text IS NULL OR t.kind = $3::text)";

/// The newest ones alone are looked at for their texts, which bounds the work.
constexpr std::string_view newest_first =
    " ORDER BY t.completed_at DESC LIMIT ";
constexpr int most_no_ops = 20'000;
constexpr int most_failures = 2'000;

/// Runners make reasons up as they like: those that failed most are named, the
/// others are counted together. `counted` has the columns failure_reason and n.
/// What the share of unknown failures is read from is always among the named.
std::string named_reasons() {
  return "named AS (SELECT failure_reason FROM counted"
         " WHERE failure_reason IS NOT NULL GROUP BY 1"
         " ORDER BY failure_reason = 'agent_error.unknown' DESC, sum(n) DESC, 1"
         " LIMIT "
         + std::to_string(most_stats_reasons) + ")";
}

constexpr std::string_view reason_or_other =
    "CASE WHEN failure_reason IS NULL OR failure_reason IN"
    " (SELECT failure_reason FROM named) THEN failure_reason"
    " ELSE 'other' END";

std::string counts_statement() {
  return "WITH counted AS (SELECT floor(extract(epoch FROM t.completed_at)"
         " / $4::bigint)::bigint AS bucket, t.outcome, t.failure_reason,"
         " count(*) AS n"
         + std::string{finished_rows} + " GROUP BY 1, 2, 3), " + named_reasons()
         + " SELECT bucket, outcome, " + std::string{reason_or_other}
         + ", sum(n)::bigint FROM counted GROUP BY 1, 2, 3";
}

std::string retried_statement() {
  return "WITH counted AS (SELECT a.failure_reason, count(*) AS n"
         " FROM (SELECT t.id, t.attempt"
         + std::string{finished_rows}
         + " AND t.attempt > 1) t JOIN attempts a ON a.task_id = t.id"
           " AND a.number < t.attempt WHERE a.failure_reason IS NOT NULL"
           " GROUP BY 1), "
         + named_reasons() + " SELECT " + std::string{reason_or_other}
         + ", sum(n)::bigint FROM counted GROUP BY 1";
}

std::string no_ops_statement() {
  return "SELECT line, count(*) FROM (SELECT t.telling_line AS line"
         + std::string{finished_rows} + " AND t.outcome = 'silent_noop'"
         + std::string{newest_first} + std::to_string(most_no_ops)
         + ") t GROUP BY line ORDER BY 2 DESC, 1 LIMIT 20";
}

std::string causes_statement() {
  const auto newest = [](const char* column) {
    return std::string{"(array_agg("} + column
           + " ORDER BY completed_at DESC, id))[1]";
  };
  return "SELECT cause, " + newest("failure_reason") + ", "
         + newest("telling_line") + ", count(*), max(completed_at), "
         + newest("id")
         + " FROM (SELECT t.id, t.cause, t.failure_reason, t.telling_line,"
           " t.completed_at"
         + std::string{finished_rows} + " AND t.outcome = 'failed'"
         + std::string{newest_first} + std::to_string(most_failures)
         + ") t GROUP BY 1 ORDER BY 5 DESC, 1 LIMIT 20";
}

constexpr const char* deliveries_statement =
    "SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending'),"
    " (SELECT count(*) FROM deliveries WHERE state = 'dead'),"
    " (SELECT min(created_at) FROM deliveries WHERE state = 'pending')";

constexpr const char* runners_statement =
    "SELECT r.id, r.first_seen_at, r.last_seen_at,"
    " r.left_at IS NOT NULL"
    "   OR r.last_seen_at < now() - $1::bigint * interval '1 millisecond',"
    " r.workspace_id, r.daemon_id, r.provider, r.name, r.device, r.version"
    " FROM runners r WHERE $2::timestamptz IS NULL"
    " OR (r.last_seen_at, r.id) < ($2::timestamptz, $3::text)"
    " ORDER BY r.last_seen_at DESC, r.id DESC LIMIT $4::bigint";

constexpr const char* active_statement =
    "SELECT t.runner_id, t.id, t.attempt, t.kind, t.title, t.status,"
    " t.lease_expires_at FROM tasks t"
    " WHERE t.status IN ('running', 'posting_result')"
    " AND t.runner_id = ANY($1::text[]) ORDER BY t.started_at, t.id";

using optional_text = std::optional<std::string>;

std::int64_t whole(std::uint64_t n) {
  return static_cast<std::int64_t>(n);
}

/// Empty buckets too: a plot has no holes.
void lay_out(stats_read& result, std::int64_t size) {
  const auto seconds = [](timestamp when) {
    return std::chrono::floor<std::chrono::seconds>(when)
        .time_since_epoch()
        .count();
  };
  const auto last = seconds(result.until) / size;
  for (auto at = seconds(result.since) / size; at <= last; ++at) {
    stats_bucket bucket;
    bucket.start = timestamp{std::chrono::seconds{at * size}};
    result.buckets.push_back(std::move(bucket));
  }
}

void count(stats_read& result, const pqxx::row& row, std::int64_t size) {
  const auto first =
      std::chrono::floor<std::chrono::seconds>(result.buckets.front().start)
          .time_since_epoch()
          .count()
      / size;
  const auto at = row[0].as<std::int64_t>() - first;
  const auto outcome = parse_task_outcome(text_of(row[1]));
  if (!outcome || at < 0 || at >= whole(result.buckets.size()))
    return;
  auto& bucket = result.buckets[static_cast<std::size_t>(at)];
  const auto many = row[3].as<std::uint64_t>();
  bucket.outcomes.add(*outcome, many);
  if (*outcome == task_outcome::failed && !row[2].is_null())
    bucket.reasons[std::string{text_of(row[2])}] += many;
}

redacted_text line_of(const pqxx::field& field) {
  return field.is_null() ? redacted_text{}
                         : stored_text::from_store(std::string{text_of(field)});
}

} // namespace

statement_list statistics_statements() {
  statement_list all{{"stats_counts", counts_statement()},
                     {"stats_retried", retried_statement()},
                     {"stats_no_ops", no_ops_statement()},
                     {"stats_causes", causes_statement()},
                     {"stats_deliveries", deliveries_statement},
                     {"stats_runners", runners_statement},
                     {"stats_active", active_statement}};
  auto causes = cause_statements();
  all.insert(all.end(), std::make_move_iterator(causes.begin()),
             std::make_move_iterator(causes.end()));
  return all;
}

pg_statistics::pg_statistics(pg_options options)
    : db_(std::move(options), statistics_statements(),
          planning::by_statistics) {}

caf::expected<stats_read> pg_statistics::read(const read_stats& what) {
  return db_.run([&](pqxx::connection& link) {
    stats_read result;
    pqxx::work reading{link};
    reading.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const auto size = what.bucket.count();
    result.until = moment_of(reading.exec1("SELECT now()")[0]);
    result.since = result.until - what.window;
    const auto since = format_rfc3339(result.since);
    const auto until = format_rfc3339(result.until);
    const optional_text& kind = what.kind;
    lay_out(result, size);
    for (const auto& row :
         reading.exec_prepared("stats_counts", since, until, kind, size))
      count(result, row, size);
    for (const auto& row :
         reading.exec_prepared("stats_retried", since, until, kind))
      result.retried[std::string{text_of(row[0])}] = row[1].as<std::uint64_t>();
    for (const auto& row :
         reading.exec_prepared("stats_no_ops", since, until, kind))
      result.no_op_details.push_back(
          {line_of(row[0]), row[1].as<std::uint64_t>()});
    for (const auto& row :
         reading.exec_prepared("stats_causes", since, until, kind))
      result.newest_causes.push_back(
          {std::string{text_of(row[0])},
           failure_reason{std::string{text_of(row[1])}},
           line_of(row[2]),
           row[3].as<std::uint64_t>(),
           moment_of(row[4]),
           {uuid_of(row[5])}});
    const auto told = reading.exec_prepared1("stats_deliveries");
    result.pending_deliveries = told[0].as<std::uint64_t>();
    result.dead_deliveries = told[1].as<std::uint64_t>();
    result.oldest_pending = maybe_moment(told[2]);
    return result;
  });
}

caf::expected<runners_listed> pg_statistics::list(const list_runners& what) {
  return db_.run([&](pqxx::connection& link) {
    runners_listed result;
    pqxx::work reading{link};
    reading.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    optional_text seen;
    std::string id;
    if (what.after) {
      seen = format_rfc3339(what.after->last_seen_at);
      id = what.after->id.value;
    }
    const auto rows =
        reading.exec_prepared("stats_runners", what.silence.count(), seen, id,
                              std::int64_t{what.limit} + 1);
    sql_array ids;
    for (const auto& row : rows) {
      if (result.runners.size() == what.limit) {
        const auto& last = result.runners.back();
        result.next = runner_cursor{last.last_seen_at, last.id};
        break;
      }
      runner_record runner;
      runner.id = runner_id{std::string{text_of(row[0])}};
      runner.first_seen_at = moment_of(row[1]);
      runner.last_seen_at = moment_of(row[2]);
      runner.silent = row[3].as<bool>();
      auto& runtime = runner.runtime;
      runtime.id = runner.id;
      runtime.workspace = {std::string{text_of(row[4])}};
      runtime.daemon = text_of(row[5]);
      runtime.provider = text_of(row[6]);
      runtime.name = text_of(row[7]);
      runtime.device = text_of(row[8]);
      runtime.version = text_of(row[9]);
      ids.add(runner.id.value);
      result.runners.push_back(std::move(runner));
    }
    for (const auto& row : reading.exec_prepared("stats_active", ids.done())) {
      task_record task;
      task.runner = runner_id{std::string{text_of(row[0])}};
      task.id = {uuid_of(row[1])};
      task.attempt = row[2].as<std::uint32_t>();
      task.kind = text_of(row[3]);
      task.title = stored_text::from_store(std::string{text_of(row[4])});
      task.status = parse_task_status(text_of(row[5])).value_or(task.status);
      task.lease_expires_at = maybe_moment(row[6]);
      for (auto& runner : result.runners)
        if (runner.id == task.runner) {
          runner.active.push_back(std::move(task));
          break;
        }
    }
    return result;
  });
}

std::unique_ptr<statistics_store> make_pg_statistics(pg_options options) {
  return std::make_unique<pg_statistics>(std::move(options));
}

} // namespace telltale

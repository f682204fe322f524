#include <map>
#include <string>
#include <utility>

#include "actors/persistence/postgres/pg_statistics.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/store_statements.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/stored_text.hpp"

namespace telltale {

namespace {

/// What failed in the window: `$1` since, `$2` until, `$3` a kind or null.
constexpr std::string_view failed_rows =
    " FROM tasks t WHERE t.completed_at >= $1::timestamptz"
    " AND t.completed_at < $2::timestamptz AND t.outcome = 'failed'"
    " AND ($3::text IS NULL OR t.kind = $3::text) AND t.cause IS NOT NULL";

constexpr int most_names = 20;
constexpr int most_newest = 5;

/// A page of causes: `$4`, `$5` the cursor or null, `$6` how many.
std::string page_statement() {
  return "SELECT t.cause, count(*), max(t.completed_at)"
         + std::string{failed_rows}
         + " GROUP BY 1"
           " HAVING $4::timestamptz IS NULL"
           " OR (max(t.completed_at), t.cause) < ($4::timestamptz, $5::text)"
           " ORDER BY 3 DESC, 1 DESC LIMIT $6::bigint";
}

/// The cause `$3`, also if all of its failures came before the window.
constexpr const char* one_statement =
    "SELECT t.cause, count(*) FILTER (WHERE t.completed_at >= $1::timestamptz"
    " AND t.completed_at < $2::timestamptz), max(t.completed_at)"
    " FROM tasks t WHERE t.cause = $3::text AND t.outcome IS NOT NULL"
    " AND t.outcome = 'failed' GROUP BY 1";

/// Where the causes `$4` failed: by kind, by runner, by part of the window
/// (`$5` of them).
std::string spread_statement() {
  return "SELECT cause, kind, runner_id, part, count(*) FROM ("
         "SELECT t.cause, t.kind, t.runner_id,"
         " floor(extract(epoch FROM t.completed_at - $1::timestamptz)"
         " * $5::bigint / extract(epoch FROM $2::timestamptz"
         " - $1::timestamptz))::bigint AS part"
         + std::string{failed_rows}
         + " AND t.cause = ANY($4::text[])) f"
           " GROUP BY GROUPING SETS"
           " ((cause, kind), (cause, runner_id), (cause, part))"
           " ORDER BY 5 DESC, 2, 3";
}

/// The newest failures of the causes `$1`, of kind `$2` unless it is null, and
/// the first of each that is kept.
std::string newest_statement() {
  const auto of_cause = [](const char* order) {
    return std::string{
               " FROM tasks t WHERE t.cause = c.cause AND t.outcome IS NOT NULL"
               " AND t.outcome = 'failed'"
               " AND ($2::text IS NULL OR t.kind = $2::text)"
               " ORDER BY t.created_at "}
           + order + ", t.id " + order + " LIMIT ";
  };
  return "SELECT c.cause, first.completed_at, " + whole_task_columns()
         + " FROM unnest($1::text[]) AS c(cause) CROSS JOIN LATERAL"
           " (SELECT t.completed_at"
         + of_cause("ASC") + "1) first CROSS JOIN LATERAL (SELECT t.*"
         + of_cause("DESC") + std::to_string(most_newest) + ") t";
}

using optional_text = std::optional<std::string>;
using causes_by_name = std::map<std::string, cause_record*>;

void add_name(std::vector<std::string>& names, const pqxx::field& field) {
  if (names.size() < most_names)
    names.emplace_back(text_of(field));
}

/// One row of where a cause failed: the column that is there says which.
void add_spread(cause_record& cause, const pqxx::row& row) {
  if (!row[1].is_null()) {
    add_name(cause.kinds, row[1]);
  } else if (!row[2].is_null()) {
    add_name(cause.runners, row[2]);
  } else if (!row[3].is_null()) {
    const auto part = row[3].as<std::size_t>();
    if (part < cause.trend.size())
      cause.trend[part] = row[4].as<std::uint64_t>();
  }
}

void add_newest(cause_record& cause, const pqxx::row& row) {
  auto task = read_whole_task(row, 2);
  if (cause.newest.empty()) {
    cause.first_seen = moment_of(row[1]);
    cause.failure_reason = task.failure_reason.value_or(failure_reason{});
    cause.telling_line = task.telling_line;
  }
  cause.newest.push_back(std::move(task));
}

/// What the causes of a page are, beside how many.
void describe(pqxx::work& reading, const std::string& since,
              const std::string& until, const optional_text& kind,
              std::vector<cause_record>& causes) {
  causes_by_name known;
  sql_array names;
  sql_array same_names;
  for (auto& cause : causes) {
    cause.trend.assign(trend_parts, 0);
    known.emplace(cause.fingerprint, &cause);
    names.add(cause.fingerprint);
    same_names.add(cause.fingerprint);
  }
  const auto find = [&](const pqxx::row& row) {
    return known.at(std::string{text_of(row[0])});
  };
  for (const auto& row :
       reading.exec_prepared("cause_spread", since, until, kind, names.done(),
                             std::int64_t{trend_parts}))
    add_spread(*find(row), row);
  for (const auto& row :
       reading.exec_prepared("cause_newest", same_names.done(), kind))
    add_newest(*find(row), row);
}

} // namespace

statement_list cause_statements() {
  return {{"cause_page", page_statement()},
          {"cause_one", one_statement},
          {"cause_spread", spread_statement()},
          {"cause_newest", newest_statement()}};
}

caf::expected<causes_listed> pg_statistics::list(const list_causes& what) {
  return db_.run([&](pqxx::connection& link) {
    causes_listed result;
    pqxx::work reading{link};
    reading.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const auto now = moment_of(reading.exec1("SELECT now()")[0]);
    const auto since = format_rfc3339(now - what.window);
    const auto until = format_rfc3339(now);
    optional_text seen;
    std::string after;
    if (what.after) {
      seen = format_rfc3339(what.after->last_seen);
      after = what.after->fingerprint;
    }
    const auto rows =
        what.fingerprint
            ? reading.exec_prepared("cause_one", since, until,
                                    *what.fingerprint)
            : reading.exec_prepared("cause_page", since, until, what.kind, seen,
                                    after, std::int64_t{what.limit} + 1);
    for (const auto& row : rows) {
      if (result.causes.size() == what.limit) {
        const auto& last = result.causes.back();
        result.next = cause_cursor{last.last_seen, last.fingerprint};
        break;
      }
      cause_record cause;
      cause.fingerprint = text_of(row[0]);
      cause.count = row[1].as<std::uint64_t>();
      cause.last_seen = moment_of(row[2]);
      result.causes.push_back(std::move(cause));
    }
    describe(reading, since, until, what.kind, result.causes);
    return result;
  });
}

} // namespace telltale

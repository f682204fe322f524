#include "actors/persistence/postgres/pg_claims.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "actors/persistence/postgres/pg_task_store.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"

// The queue of due tasks on PostgreSQL, as claims look at it.

namespace telltale {

namespace {

/// So many more are looked at than are wanted, in case that others hold them.
constexpr std::array<std::int64_t, 2> spare{32, 1000};

/// Candidates come from the index alone, for each kind and range of priorities
/// in its own order; they are locked one by one, until there are enough.
/// `$1` to `$3` are the ranges, `$4` how many tasks, `$5` how many to spare,
/// `$6` the kinds, one for each range.
std::string claim_statement(bool by_kind) {
  return std::string{"SELECT now(), c.place, c.due, "} + whole_task_columns()
         + " FROM (SELECT f.* FROM unnest($1::int[], $2::int[],"
           "   $3::timestamptz[]"
         + (by_kind ? ", $6::text[])" : ")") + " AS u(lowest, highest, since"
         + (by_kind ? ", kind)" : ")")
         + " CROSS JOIN LATERAL ("
           "   SELECT q.id, -q.priority AS place,"
           "     greatest(q.created_at, q.run_after) AS due"
           "   FROM tasks q WHERE q.status = 'queued'"
           "   AND q.wanted_runner IS NULL AND NOT q.dispatched"
         + (by_kind ? " AND q.kind = u.kind" : "")
         + "   AND -q.priority >= u.lowest AND -q.priority <= u.highest"
           "   AND greatest(q.created_at, q.run_after) >= u.since"
           "   AND greatest(q.created_at, q.run_after) <= now()"
           "   ORDER BY -q.priority, greatest(q.created_at, q.run_after)"
           "   LIMIT $4::bigint + $5::bigint) f"
           " ORDER BY f.place, f.due LIMIT $4::bigint + $5::bigint) c"
           " JOIN tasks t ON t.id = ANY(ARRAY[c.id])"
           " WHERE t.status || '' = 'queued'"
           " AND greatest(t.created_at, t.run_after) <= now()"
           " ORDER BY c.place, c.due LIMIT $4::bigint"
           " FOR UPDATE OF t SKIP LOCKED";
}

/// Those that want one of these runners, and no other may have: each runner's
/// in its own order. `$1` the runners, `$2` the kinds that each takes (null:
/// any), `$3` how many tasks.
std::string wanted_statement() {
  return "SELECT now(), c.place, c.due, " + whole_task_columns()
         + " FROM (SELECT f.* FROM unnest($1::text[], $2::text[])"
           "   AS u(runner, kind) CROSS JOIN LATERAL ("
           "   SELECT q.id, -q.priority AS place,"
           "     greatest(q.created_at, q.run_after) AS due"
           "   FROM tasks q WHERE q.status = 'queued'"
           "   AND q.wanted_runner IS NOT NULL AND NOT q.dispatched"
           "   AND q.wanted_runner = u.runner"
           "   AND (u.kind IS NULL OR q.kind = u.kind)"
           "   AND greatest(q.created_at, q.run_after) <= now()"
           "   ORDER BY -q.priority, greatest(q.created_at, q.run_after)"
           "   LIMIT $3::bigint) f) c"
           " JOIN tasks t ON t.id = ANY(ARRAY[c.id])"
           " WHERE t.status || '' = 'queued'"
           " ORDER BY c.place, c.due LIMIT $3::bigint"
           " FOR UPDATE OF t SKIP LOCKED";
}

constexpr const char* next_due =
    "SELECT run_after FROM tasks WHERE status = 'queued'"
    " AND wanted_runner IS NULL AND NOT dispatched"
    " AND run_after > now() ORDER BY run_after LIMIT 1";
constexpr const char* next_due_by_kind =
    "SELECT d.run_after FROM unnest($1::text[]) AS u(kind)"
    " CROSS JOIN LATERAL (SELECT t.run_after FROM tasks t"
    "   WHERE t.status = 'queued' AND t.kind = u.kind AND t.run_after > now()"
    "   AND t.wanted_runner IS NULL AND NOT t.dispatched"
    "   ORDER BY t.run_after LIMIT 1) d ORDER BY d.run_after LIMIT 1";

/// The ranges of a look, column by column.
struct range_columns {
  sql_array lowest, highest, since, kinds;

  void add(const std::string& kind, const queue_range& range) {
    lowest.add(range.lowest);
    highest.add(range.highest);
    since.add(range.since);
    kinds.add(kind);
  }
};

} // namespace

statement_list queue_statements() {
  return {{"claim", claim_statement(false)},
          {"claim_by_kind", claim_statement(true)},
          {"claim_wanted", wanted_statement()},
          {"next_due", next_due},
          {"next_due_by_kind", next_due_by_kind}};
}

pqxx::result pg_task_store::look(pqxx::work& transaction,
                                 const std::vector<std::string>& kinds,
                                 std::int64_t limit, std::int64_t more,
                                 timestamp now) {
  const auto began = steady::now();
  range_columns ranges;
  for (const auto& kind : kinds)
    for (const auto& range : floors_.ranges(kind, began))
      ranges.add(kind, range);
  const bool any = kinds.front().empty();
  auto rows =
      any ? transaction.exec_prepared("claim", ranges.lowest.done(),
                                      ranges.highest.done(),
                                      ranges.since.done(), limit, more)
          : transaction.exec_prepared(
              "claim_by_kind", ranges.lowest.done(), ranges.highest.done(),
              ranges.since.done(), limit, more, ranges.kinds.done());
  const auto ended = steady::now();
  queue_look seen;
  seen.took = ended - began;
  seen.now = now;
  seen.all = rows.size() < static_cast<pqxx::result::size_type>(limit);
  std::map<std::string, std::vector<queue_place>> found;
  for (const auto& row : rows) {
    const queue_place place{row[1].as<std::int32_t>(), moment_of(row[2])};
    seen.last_order = place.order;
    const auto kind = any ? std::string{} : std::string{text_of(row["kind"])};
    found[kind].push_back(place);
  }
  for (const auto& kind : kinds) {
    seen.found = std::move(found[kind]);
    floors_.looked(kind, seen, ended);
  }
  return rows;
}

pqxx::result pg_task_store::find_due(pqxx::work& transaction,
                                     const std::vector<std::string>& kinds,
                                     std::int64_t limit, timestamp now) {
  for (std::size_t tries = 0;;) {
    auto rows = look(transaction, kinds, limit, spare.at(tries), now);
    if (rows.size() >= static_cast<pqxx::result::size_type>(limit))
      return rows;
    const auto complete = [&](const auto& kind) {
      return floors_.complete(kind);
    };
    if (!std::ranges::all_of(kinds, complete)) {
      for (const auto& kind : kinds)
        if (!complete(kind))
          floors_.forget(kind);
    } else if (!rows.empty() || ++tries == spare.size()) {
      return rows;
    }
  }
}

std::optional<timestamp>
pg_task_store::find_next_due(pqxx::work& transaction,
                             const std::vector<std::string>& kinds) {
  sql_array names;
  for (const auto& kind : kinds)
    names.add(kind);
  const auto rows =
      kinds.front().empty()
          ? transaction.exec_prepared("next_due")
          : transaction.exec_prepared("next_due_by_kind", names.done());
  return rows.empty() ? std::nullopt : maybe_moment(rows[0][0]);
}

} // namespace telltale

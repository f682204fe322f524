#include "actors/persistence/postgres/pg_task_store.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/persistence/lifecycle/told.hpp"
#include "actors/persistence/postgres/list_statement.hpp"
#include "actors/persistence/postgres/migrate.hpp"
#include "actors/persistence/postgres/search_words.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/stored_text.hpp"

// What people and pages read from PostgreSQL.

namespace telltale {

namespace {

pqxx::result run_filtered(pqxx::transaction_base& reading,
                          const std::string& select, const filter& rows,
                          const std::string& rest) {
  return reading.exec_params(select + rows.sql() + rest,
                             pqxx::prepare::make_dynamic_params(rows.values()));
}

constexpr std::string_view delivery_columns =
    "d.id, d.event_id, d.task_id, d.relay, d.chat_id, d.state, d.tries, "
    "d.next_try_at, d.last_error, d.sent_at, d.message_id, d.text, "
    "d.created_at, CASE WHEN d.state = 'pending' THEN "
    "(SELECT max(m.until) FROM mutes m WHERE m.relay = d.relay "
    "AND m.chat_id IN ('', d.chat_id) AND m.until > now()) END, d.routed";
constexpr int delivery_created_at = 12;

delivery_record read_delivery(const pqxx::row& row) {
  delivery_record d;
  d.id = {uuid_of(row[0])};
  d.event = {uuid_of(row[1])};
  d.task = {uuid_of(row[2])};
  d.relay = text_of(row[3]);
  d.chat_id = text_of(row[4]);
  d.state =
      parse_delivery_state(text_of(row[5])).value_or(delivery_state::pending);
  d.tries = row[6].as<std::uint32_t>();
  d.next_try_at = maybe_moment(row[7]);
  d.last_error = text_of(row[8]);
  d.sent_at = maybe_moment(row[9]);
  d.message_id = text_of(row[10]);
  d.text = stored_text::from_store(std::string{text_of(row[11])});
  d.muted_until = maybe_moment(row[13]);
  d.created_at = moment_of(row[delivery_created_at]);
  d.routed = row[14].as<bool>();
  return d;
}

pqxx::result run(pqxx::transaction_base& reading, const list_statement& what) {
  return reading.exec_params(what.sql,
                             pqxx::prepare::make_dynamic_params(what.values));
}

/// So many of the newest are looked at one by one before the index of words is
/// asked: words that many tasks have are met among them, and the index would
/// have to gather all of those tasks first.
constexpr std::uint32_t looked_at = 1000;

/// The moment of the last one of them; nothing if there are fewer.
std::optional<timestamp> horizon_of(pqxx::transaction_base& reading,
                                    const list_tasks& what) {
  filter rows;
  if (what.until)
    rows.add("t.created_at < $?::timestamptz", format_rfc3339(*what.until));
  if (what.after)
    rows.add_after(*what.after, "t");
  const auto found = run_filtered(
      reading, "SELECT t.created_at FROM tasks t", rows,
      std::string{rows.sql().empty() ? " WHERE" : " AND"}
          + " t.outcome IS NOT NULL ORDER BY t.created_at DESC, t.id DESC"
            " OFFSET "
          + std::to_string(looked_at) + " LIMIT 1");
  return found.empty() ? std::nullopt : maybe_moment(found[0][0]);
}

word_progress progress_of(pqxx::transaction_base& reading) {
  const auto rows = reading.exec(
      "SELECT ended_at::text, task_id::text FROM task_word_progress"
      " WHERE to_regclass('telltale.task_words_trigrams') IS NOT NULL"
      " AND ended_at > '-infinity'");
  if (rows.empty())
    return {};
  return {rows[0][0].c_str(), rows[0][1].c_str()};
}

/// A page and one row more.
pqxx::result find_rows(pqxx::transaction_base& reading,
                       const list_tasks& what) {
  const auto columns = whole_task_columns();
  if (indexed_patterns(words_of(what.words)).empty())
    return run(reading, statement_of(what, columns));
  const auto progress = progress_of(reading);
  const auto horizon = horizon_of(reading, what);
  if (progress.ended_at.empty() || !horizon)
    return run(reading, statement_of(what, columns));
  auto newest = what;
  newest.since = std::max(what.since.value_or(*horizon), *horizon);
  auto rows = run(reading, statement_of(newest, columns));
  if (static_cast<std::size_t>(rows.size()) > what.limit
      || newest.since == what.since)
    return rows;
  return run(reading, searched_statement(what, columns, progress));
}

} // namespace

namespace {

/// What became of telling people of each.
void add_told(pqxx::transaction_base& reading,
              std::vector<listed_task>& tasks) {
  sql_array ids;
  for (const auto& task : tasks)
    ids.add(task.id);
  std::unordered_map<task_id, std::vector<delivery_record>> deliveries;
  for (const auto& row : reading.exec_prepared("find_told", ids.done())) {
    auto delivery = read_delivery(row);
    deliveries[delivery.task].push_back(std::move(delivery));
  }
  for (auto& task : tasks)
    task.told = summarize_told(task, deliveries[task.id]);
}

} // namespace

statement_list query_statements() {
  return {
      {"find_task", "SELECT " + whole_task_columns()
                        + ", now() FROM tasks t WHERE t.id = $1::uuid"},
      {"find_attempt", "SELECT a.task_id, a.number FROM attempts a"
                       " WHERE a.id = $1::uuid"},
      {"find_attempts",
       "SELECT " + std::string{attempt_columns}
           + " FROM attempts a WHERE a.task_id = $1::uuid ORDER BY a.number"},
      {"find_deliveries", "SELECT " + std::string{delivery_columns}
                              + " FROM deliveries d WHERE d.task_id = $1::uuid"
                                " ORDER BY d.created_at, d.id"},
      {"find_told", "SELECT " + std::string{delivery_columns}
                        + " FROM deliveries d"
                          " WHERE d.task_id = ANY($1::uuid[])"
                          " AND d.chat_id <> '' ORDER BY d.created_at, d.id"},
  };
}

caf::expected<task_found> pg_task_store::find(const find_task& what) {
  auto found = db_.run([&](pqxx::connection& link) {
    std::optional<task_found> result;
    auto id = to_string(what.task);
    pqxx::work reading{link};
    reading.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    auto rows = reading.exec_prepared("find_task", id);
    std::uint32_t asked = 1;
    if (rows.empty()) {
      const auto attempt = reading.exec_prepared("find_attempt", id);
      if (attempt.empty())
        return result;
      id = text_of(attempt[0][0]);
      asked = attempt[0][1].as<std::uint32_t>();
      rows = reading.exec_prepared("find_task", id);
    }
    auto& into = result.emplace();
    into.asked = asked;
    into.task = read_whole_task(rows.at(0), 0);
    into.found_at = moment_of(rows.at(0).back());
    const auto attempts = reading.exec_prepared("find_attempts", id);
    for (const auto& row : attempts)
      into.attempts.push_back(*read_attempt(into.task.id, row, 0));
    const auto deliveries = reading.exec_prepared("find_deliveries", id);
    for (const auto& row : deliveries)
      into.deliveries.push_back(read_delivery(row));
    into.told = summarize_told(into.task, into.deliveries);
    return result;
  });
  if (!found)
    return std::move(found.error());
  if (!*found)
    return make_error(ec::task_not_found, "task " + to_string(what.task));
  return std::move(**found);
}

caf::expected<tasks_listed> pg_task_store::list(const list_tasks& what) {
  return db_.run([&](pqxx::connection& link) {
    tasks_listed result;
    pqxx::work reading{link};
    // The values choose the index: rare ones have one of their own, frequent
    // ones are soon met on the way from the newest. Writes plan without them.
    reading.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    plan_by_values(reading);
    const auto rows = find_rows(reading, what);
    for (const auto& row : rows) {
      if (result.tasks.size() == what.limit) {
        const auto& last = result.tasks.back();
        result.next = page_cursor{last.created_at, last.id.value};
        break;
      }
      result.tasks.push_back({read_whole_task(row, 0)});
    }
    add_told(reading, result.tasks);
    return result;
  });
}

caf::expected<deliveries_listed>
pg_task_store::list(const list_deliveries& what) {
  return db_.run([&](pqxx::connection& link) {
    deliveries_listed result;
    pqxx::work reading{link};
    reading.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    plan_by_values(reading);
    const auto rows = run(reading, statement_of(what, delivery_columns));
    page_cursor last;
    for (const auto& row : rows) {
      if (result.deliveries.size() == what.limit) {
        result.next = last;
        break;
      }
      result.deliveries.push_back(read_delivery(row));
      last = {moment_of(row[delivery_created_at]),
              result.deliveries.back().id.value};
    }
    return result;
  });
}

namespace {

/// Takes about 4 MB and gives them back: a page of each twenty rows.
void try_write(pqxx::connection& link) {
  pqxx::work trying{link};
  trying.exec("CREATE TEMPORARY TABLE write_check (n integer) "
              "WITH (fillfactor = 10)");
  trying.exec("INSERT INTO write_check SELECT generate_series(1, 12000)");
  trying.abort();
}

} // namespace

caf::expected<store_checked> pg_task_store::check(const check_store& what) {
  return db_.run([&](pqxx::connection& link) {
    if (what.tries_write)
      try_write(link);
    store_checked result;
    pqxx::nontransaction reading{link};
    result.reachable = true;
    const auto there = reading.exec1(
        "SELECT to_regclass('telltale.schema_migrations') IS NOT NULL");
    if (there[0].as<bool>())
      result.schema_version =
          reading
              .exec1("SELECT COALESCE(max(version), 0) FROM "
                     "schema_migrations")[0]
              .as<std::uint32_t>();
    result.migrations_current = result.schema_version == newest_migration();
    if (result.migrations_current)
      for (const auto& row :
           reading.exec("SELECT relay, why, since "
                        "FROM disabled_relays ORDER BY relay"))
        result.disabled.push_back({std::string{text_of(row[0])},
                                   std::string{text_of(row[1])},
                                   moment_of(row[2])});
    return result;
  });
}

} // namespace telltale

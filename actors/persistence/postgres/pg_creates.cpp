#include "actors/persistence/postgres/pg_creates.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include <utility>

#include "actors/persistence/lifecycle/routes.hpp"
#include "actors/persistence/postgres/event_positions.hpp"
#include "actors/persistence/postgres/facts_codec.hpp"
#include "actors/persistence/postgres/pg_task_store.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"
#include "actors/persistence/postgres/task_writes.hpp"

// New tasks on PostgreSQL: one statement for all that came together.

namespace telltale {

namespace {

/// Those whose id or key is known are left out; of two new ones with one key
/// the first is made. The order in which they are given is that of their
/// positions.
std::string create_statement() {
  return R"(
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::bigint[],
      $5::int[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
      $11::text[], $12::text[], $13::text[], $14::json[], $15::json[],
      $16::uuid[], $17::json[], $18::bool[], $20::text[], $21::bool[],
      $22::text[])
      WITH ORDINALITY
    AS u(id, max_attempts, run_after, timeout_seconds, priority, kind, title,
      chat_session_id, agent_id, issue_id, workspace_id, source_url,
      idempotency_key, labels, input, event, facts, asks_attempts,
      wanted_runner, dispatched, created_by, nth)
), made AS (
  INSERT INTO tasks (id, status, max_attempts, run_after, timeout_seconds,
    priority, created_at, kind, title, chat_session_id, agent_id, issue_id,
    workspace_id, source_url, idempotency_key, labels, input, asks_attempts,
    wanted_runner, dispatched, created_by)
  SELECT id, 'queued', max_attempts, run_after, timeout_seconds, priority,
    $19::timestamptz, kind, title, chat_session_id, agent_id, issue_id,
    workspace_id, source_url, idempotency_key, labels, input, asks_attempts,
    wanted_runner, dispatched, created_by
  FROM asked ORDER BY nth
  ON CONFLICT DO NOTHING RETURNING id
), news AS MATERIALIZED (
  SELECT * FROM asked WHERE (id IN (SELECT id FROM made)) IS TRUE
), turn AS MATERIALIZED ( -- after all that locks rows
  SELECT )"
         + lock_positions + R"(
  FROM (SELECT count(*) AS size FROM news) n WHERE n.size > 0
), numbered AS MATERIALIZED (
  SELECT n.*, nextval('event_position') AS position
  FROM turn CROSS JOIN (SELECT * FROM news ORDER BY nth) n
), told AS (
  INSERT INTO events (id, task_id, attempt, type, occurred_at, facts, position)
  SELECT event, id, 0, 'task:created', $19::timestamptz, facts, position
  FROM numbered
)
SELECT id, position FROM numbered)";
}

/// By either index.
std::string find_created() {
  const auto select = "SELECT " + whole_task_columns() + " FROM tasks t WHERE ";
  return select + "t.id = $1::uuid UNION ALL " + select
         + "t.idempotency_key = $2 AND t.id <> $1::uuid";
}

std::optional<std::string_view> or_null(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

std::optional<std::string_view> json_or_null(std::string_view json) {
  return json == "null" ? std::nullopt : or_null(json);
}

/// Where failures of these tasks would be told.
void add_tells(pqxx::work& transaction, const chat_routing& routes,
               const std::vector<std::size_t>& which,
               std::vector<caf::expected<task_created>>& answers) {
  sql_array sessions;
  bool any = false;
  for (const auto index : which)
    if (const auto& session = answers[index]->task.chat_session;
        !session.empty()) {
      sessions.add(session.value);
      any = true;
    }
  std::unordered_map<std::string, chat_binding> chats;
  if (any)
    for (const auto& row :
         transaction.exec_prepared("find_chats", sessions.done()))
      if (auto chat = read_binding(row, 0))
        chats.emplace(chat->session.value, *std::move(chat));
  for (const auto index : which) {
    auto& created = *answers[index];
    const auto known = chats.find(created.task.chat_session.value);
    const auto chat =
        known == chats.end() ? std::nullopt : std::optional{known->second};
    created.tells =
        tells_of(choose_chats(routed_task_of(created.task), chat, routes));
  }
}

/// The columns of `create`, filled row by row.
class new_rows {
public:
  void add(const create_task& what, const transition& plan) {
    const auto& t = plan.task;
    std::optional<std::int64_t> limit;
    if (t.timeout)
      limit = t.timeout->count();
    put(t.id, t.max_attempts, t.run_after, limit, t.priority, t.kind,
        t.title.view(), or_null(t.chat_session.value), or_null(t.agent.value),
        or_null(t.issue.value), or_null(t.workspace.value),
        or_null(t.source_url.view()), or_null(what.idempotency_key),
        json_or_null(t.labels), json_or_null(t.input), plan.event->id,
        write_facts(*plan.event), t.asks_attempts,
        or_null(t.wanted_runner.value), t.dispatched, or_null(t.created_by));
  }

  /// With the moment of their making.
  std::vector<std::string> parameters(timestamp now) {
    std::vector<std::string> all;
    for (auto& column : columns_)
      all.push_back(column.done());
    all.insert(all.begin() + moment_at, format_rfc3339(now));
    return all;
  }

private:
  static constexpr std::size_t size = 21;
  static constexpr std::ptrdiff_t moment_at = 18; ///< it is parameter 19

  template <class... Values> void put(const Values&... values) {
    static_assert(sizeof...(Values) == size);
    std::size_t at = 0;
    (columns_[at++].add(values), ...);
  }

  std::array<sql_array, size> columns_;
};

} // namespace

statement_list create_statements() {
  return {{"create", create_statement()},
          {"find_created", find_created()},
          {"find_chats", "SELECT " + std::string{binding_columns}
                             + " FROM chat_sessions c"
                               " WHERE c.id = ANY($1::text[])"}};
}

/// Creates on their way through one or more tries.
struct pg_task_store::create_batch {
  explicit create_batch(std::span<const create_task> all) : calls(all) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      open.push_back(i);
      events.emplace_back(make_uuid_v7());
    }
    result.answer.resize(calls.size(), task_created{});
  }

  /// Answers those that nobody waits for. Were there any?
  bool drop_unwanted() {
    const auto now = steady::now();
    return std::erase_if(open,
                         [&](std::size_t index) {
                           const auto& call = calls[index];
                           if (!call.idempotency_key.empty()
                               || call.ticket.is_wanted(now))
                             return false;
                           result.answer[index] = make_error(ec::call_expired);
                           return true;
                         })
           > 0;
  }

  std::span<const create_task> calls;
  std::vector<std::size_t> open; ///< calls that are still to be served
  std::vector<event_id> events;  ///< the same in every try
  committed<std::vector<caf::expected<task_created>>> result;
};

bool pg_task_store::create_open(pqxx::connection& link, create_batch& batch) {
  batch.result.events.clear();
  pqxx::work transaction{link};
  const auto now = moment_of(transaction.exec1("SELECT now()")[0]);
  std::vector<transition> plans;
  new_rows rows;
  for (const auto index : batch.open) {
    auto& plan = plans.emplace_back(
        decide_create(batch.calls[index].task, changes_.context(now)));
    plan.event->id = batch.events[index];
    changes_.address(plan, std::nullopt);
    rows.add(batch.calls[index], plan);
  }
  std::unordered_map<task_id, std::int64_t> made;
  for (const auto& row : transaction.exec_prepared(
           "create", pqxx::prepare::make_dynamic_params(rows.parameters(now))))
    made.emplace(task_id{uuid_of(row[0])}, row[1].as<std::int64_t>());
  std::vector<event_to_tell> events;
  for (const auto& plan : plans)
    if (const auto found = made.find(plan.task.id); found != made.end())
      events.push_back({&*plan.event, found->second, std::span{plan.targets}});
  auto told = write_deliveries(transaction, events, changes_.relays());
  // Somebody else's transaction may have been long in coming. Without the
  // commit nothing of this has happened.
  if (batch.drop_unwanted())
    return false;
  auto next_told = told.begin();
  for (std::size_t i = 0; i < plans.size(); ++i) {
    auto& plan = plans[i];
    const auto index = batch.open[i];
    if (const auto found = made.find(plan.task.id); found != made.end()) {
      written_task written{found->second, std::move(*next_told++)};
      batch.result.events.push_back(as_committed(plan, written));
      batch.result.answer[index] = task_created{std::move(plan.task), false};
      continue;
    }
    // The key, or the id itself if an earlier answer was lost, is known.
    const auto& key = batch.calls[index].idempotency_key;
    const auto known = transaction.exec_prepared(
        "find_created", to_string(plan.task.id),
        key.empty() ? std::nullopt : std::optional{key});
    if (known.empty())
      throw std::runtime_error{"a task is neither new nor known"};
    auto task = read_whole_task(known[0], 0);
    const bool repeated = task.id != plan.task.id;
    batch.result.answer[index] = task_created{std::move(task), repeated};
  }
  add_tells(transaction, changes_.rules().routes, batch.open,
            batch.result.answer);
  transaction.commit();
  return true;
}

caf::expected<committed<std::vector<caf::expected<task_created>>>>
pg_task_store::create_all(std::span<const create_task> calls) {
  create_batch batch{calls};
  const auto done = db_.run([&](pqxx::connection& link) {
    batch.drop_unwanted();
    while (!batch.open.empty() && !create_open(link, batch)) {
    }
    return true;
  });
  if (!done)
    return std::move(done.error());
  return std::move(batch.result);
}

} // namespace telltale

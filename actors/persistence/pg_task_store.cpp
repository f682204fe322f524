#include "actors/persistence/pg_task_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/event_positions.hpp"
#include "actors/persistence/facts_codec.hpp"
#include "actors/persistence/pg_claims.hpp"
#include "actors/persistence/pg_masks.hpp"
#include "actors/persistence/pg_signs.hpp"
#include "actors/persistence/store_statements.hpp"
#include "actors/persistence/task_changes.hpp"
#include "actors/persistence/task_rows.hpp"
#include "actors/persistence/task_writes.hpp"

namespace telltale {

namespace {

std::string create_statement() {
  return R"(
WITH made AS (
  INSERT INTO tasks (id, status, max_attempts, run_after, timeout_seconds,
    priority, created_at, kind, title, chat_session_id, agent_id, issue_id,
    workspace_id, source_url, idempotency_key, labels, input)
  VALUES ($1::uuid, 'queued', $2::int, $3::timestamptz, $4::bigint, $5::int,
    $6::timestamptz, $7, $8, $9, $10, $11, $12, $13, $14, $15::json, $16::json)
  ON CONFLICT DO NOTHING RETURNING id
), turn AS MATERIALIZED (
  SELECT id, )"
         + lock_positions + R"( FROM made
), numbered AS MATERIALIZED (
  SELECT id, nextval('event_position') AS position FROM turn
), told AS (
  INSERT INTO events (id, task_id, attempt, type, occurred_at, facts, position)
  SELECT $17::uuid, id, 0, 'task:created', $6::timestamptz, $18::json, position
  FROM numbered
), awaited AS (
  INSERT INTO events_due (position)
  SELECT position FROM numbered WHERE $19::bool
)
SELECT position FROM numbered)";
}

/// By either index.
std::string find_created() {
  const auto select = "SELECT " + whole_task_columns() + " FROM tasks t WHERE ";
  return select + "t.id = $1::uuid UNION ALL " + select
         + "t.idempotency_key = $2 AND t.id <> $1::uuid";
}

using maybe_text = std::optional<std::string>;

maybe_text or_null(const std::string& text) {
  return text.empty() ? maybe_text{} : maybe_text{text};
}

maybe_text json_or_null(const std::string& json) {
  return json.empty() || json == "null" ? maybe_text{} : maybe_text{json};
}

} // namespace

statement_list task_store_statements() {
  return statement_list{{"create", create_statement()},
                        {"find_created", find_created()}}
         + change_statements() + claim_statements() + sign_statements()
         + mask_statements() + sweep_statements() + query_statements();
}

pg_task_store::pg_task_store(pg_options options)
    : rules_(options.rules), told_(options.told),
      db_(std::move(options), task_store_statements()),
      changes_(db_, rules_, told_) {}

std::unique_ptr<task_store> make_pg_task_store(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options));
}

caf::expected<std::vector<event_facts>>
pg_task_store::apply(std::vector<report_flight>& batch) {
  touch_runners(batch);
  if (auto kept = keep_masks(batch); !kept)
    return std::move(kept.error());
  report_changes changes{batch};
  return changes_.run(changes);
}

caf::expected<committed<task_created>>
pg_task_store::create(const create_task& what) {
  const event_id event{make_uuid_v7()};
  return db_.run([&](pqxx::connection& link) {
    committed<task_created> result;
    pqxx::nontransaction writing{link};
    const auto now = moment_of(writing.exec1("SELECT now()")[0]);
    auto plan = decide_create(what.task, changes_.context(now));
    plan.event->id = event;
    changes_.stamp(*plan.event);
    const auto& t = plan.task;
    const auto optional_moment = [](const std::optional<timestamp>& when) {
      return when ? maybe_text{format_rfc3339(*when)} : maybe_text{};
    };
    std::optional<std::int64_t> limit;
    if (t.timeout)
      limit = t.timeout->count();
    const auto made = writing.exec_prepared(
        "create", to_string(t.id), t.max_attempts, optional_moment(t.run_after),
        limit, t.priority, format_rfc3339(now), t.kind, t.title.view(),
        or_null(t.chat_session.value), or_null(t.agent.value),
        or_null(t.issue.value), or_null(t.workspace.value),
        or_null(t.source_url.view()), or_null(what.idempotency_key),
        json_or_null(t.labels), json_or_null(t.input), to_string(event),
        write_facts(*plan.event), plan.event->due);
    if (!made.empty()) {
      plan.event->position = made[0][0].as<std::int64_t>();
      result.answer.task = std::move(plan.task);
      result.facts.push_back(*std::move(plan.event));
      return result;
    }
    // The key, or the id itself if an earlier answer was lost, is known.
    const auto rows = writing.exec_prepared("find_created", to_string(t.id),
                                            or_null(what.idempotency_key));
    if (rows.empty())
      throw std::runtime_error{"a task is neither new nor known"};
    result.answer.task = read_whole_task(rows[0], 0);
    result.answer.repeated = result.answer.task.id != t.id;
    return result;
  });
}

caf::expected<committed<tasks_returned>>
pg_task_store::give_back(const return_tasks& what) {
  return_changes changes{what};
  auto facts = changes_.run(changes);
  if (!facts)
    return std::move(facts.error());
  committed<tasks_returned> result;
  result.facts = std::move(*facts);
  result.answer.returned = changes.returned();
  return result;
}

caf::expected<committed<std::vector<heart_beaten>>>
pg_task_store::beat(const std::vector<beat_heart>& what) {
  std::set<std::string> runners;
  for (const auto& beat : what)
    if (!beat.runner.empty())
      runners.insert(beat.runner.value);
  runner_signs signs;
  if (!runners.empty()) {
    auto touched =
        db_.run([&](pqxx::connection& link) { return touch(link, runners); });
    if (!touched)
      return std::move(touched.error());
    signs = std::move(*touched);
  }
  beat_changes changes{what};
  auto facts = changes_.run(changes);
  if (!facts)
    return std::move(facts.error());
  committed<std::vector<heart_beaten>> result;
  result.facts = std::move(*facts);
  result.answer = changes.answers(signs.now + rules_->get()->lease);
  for (std::size_t i = 0; i < what.size(); ++i)
    result.answer[i].runner_returned =
        signs.returned.contains(what[i].runner.value);
  return result;
}

caf::expected<committed<task_changed>>
pg_task_store::change(task_id task, task_status wanted,
                      person_decision decide) {
  bool doubted = false;
  plain_changes changes{
      {task},
      true,
      [&](std::size_t, task_snapshot found, const decision_context& context) {
        if (doubted && found.task.status == wanted) {
          transition done; // by the write whose answer was lost
          done.task = std::move(found.task);
          return done;
        }
        return decide(std::move(found), context);
      },
      [&] { doubted = true; }};
  auto facts = changes_.run(changes);
  if (!facts)
    return std::move(facts.error());
  const auto& done = changes.result(0);
  if (done.result != ec::none)
    return make_error(done.result, "task " + to_string(task));
  committed<task_changed> result;
  result.answer.task = done.task;
  result.facts = std::move(*facts);
  return result;
}

caf::expected<committed<task_changed>>
pg_task_store::cancel(const cancel_task& what) {
  return change(what.task, task_status::cancelled, decide_cancel);
}

caf::expected<committed<task_changed>>
pg_task_store::retry(const retry_task& what) {
  return change(what.task, task_status::queued, decide_retry);
}

} // namespace telltale

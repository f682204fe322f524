#include "actors/persistence/pg_task_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/persistence/facts_codec.hpp"
#include "actors/persistence/pg_masks.hpp"
#include "actors/persistence/sql_array.hpp"
#include "actors/persistence/task_changes.hpp"
#include "actors/persistence/task_rows.hpp"
#include "actors/persistence/task_writes.hpp"

namespace telltale {

namespace {

constexpr std::chrono::seconds touch_interval{3};
constexpr std::size_t most_touched = 20'000;

std::string whole_task() {
  return std::string{task_columns} + ", " + std::string{more_task_columns};
}

std::string claim_statement() {
  return "SELECT now(), " + whole_task()
         + " FROM tasks t WHERE t.status = 'queued'"
           " AND (t.run_after IS NULL OR t.run_after <= now())"
           " AND ($1::text[] = '{}' OR t.kind = ANY($1::text[]))"
           " ORDER BY t.priority DESC, t.created_at LIMIT $2::bigint"
           " FOR UPDATE SKIP LOCKED";
}

constexpr const char* next_due_statement =
    "SELECT min(run_after) FROM tasks WHERE status = 'queued'"
    " AND run_after > now() AND ($1::text[] = '{}' OR kind = ANY($1::text[]))";

// One order of locks for all who note signs of life.
constexpr const char* touch_statement =
    "WITH alive AS (SELECT id FROM unnest($1::text[]) AS u(id) ORDER BY id),"
    " before AS (SELECT r.id, r.last_seen_at FROM runners r"
    "   JOIN alive USING (id)),"
    " seen AS (INSERT INTO runners (id) SELECT id FROM alive"
    "   ON CONFLICT (id) DO UPDATE SET last_seen_at = now())"
    " SELECT now(), id, last_seen_at FROM alive LEFT JOIN before USING (id)";

constexpr const char* touch_many_statement =
    "INSERT INTO runners (id)"
    " SELECT id FROM unnest($1::text[]) AS u(id) ORDER BY id"
    " ON CONFLICT (id) DO UPDATE SET last_seen_at = now()"
    " WHERE runners.last_seen_at < now() - interval '1 second'";

constexpr const char* release_statement =
    "UPDATE tasks SET awaits_runner = false, version = version + 1"
    " WHERE status = 'queued' AND awaits_runner"
    " AND runner_id = ANY($1::text[])";

constexpr const char* create_statement = R"(
WITH made AS (
  INSERT INTO tasks (id, status, max_attempts, run_after, timeout_seconds,
    priority, created_at, kind, title, chat_session_id, agent_id, issue_id,
    workspace_id, source_url, idempotency_key, labels, input)
  VALUES ($1::uuid, 'queued', $2::int, $3::timestamptz, $4::bigint, $5::int,
    $6::timestamptz, $7, $8, $9, $10, $11, $12, $13, $14, $15::json, $16::json)
  ON CONFLICT DO NOTHING RETURNING id
), given AS (
  UPDATE event_positions p SET last = p.last + 1
  FROM made WHERE p.only_row RETURNING p.last
), told AS (
  INSERT INTO events (id, task_id, attempt, type, occurred_at, facts, position)
  SELECT $17::uuid, made.id, 0, 'task:created', $6::timestamptz, $18::json,
    given.last
  FROM made CROSS JOIN given
), awaited AS (
  INSERT INTO events_due (position) SELECT last FROM given WHERE $19::bool
)
SELECT last FROM given)";

using maybe_text = std::optional<std::string>;

maybe_text or_null(const std::string& text) {
  return text.empty() ? maybe_text{} : maybe_text{text};
}

maybe_text json_or_null(const std::string& json) {
  return json.empty() || json == "null" ? maybe_text{} : maybe_text{json};
}

std::string array_of(const std::vector<std::string>& texts) {
  sql_array result;
  for (const auto& text : texts)
    result.add(text);
  return result.done();
}

/// Did the transaction that wrote this event take place? Waits for it if it is
/// still under way in a session that was lost.
bool was_committed(pqxx::connection& link, const event_facts& event) {
  pqxx::nontransaction reading{link};
  reading.exec_params("SELECT FROM tasks WHERE id = $1::uuid FOR UPDATE",
                      to_string(event.task));
  return !reading
              .exec_params("SELECT FROM events WHERE id = $1::uuid",
                           to_string(event.id))
              .empty();
}

task_record read_whole(const pqxx::row& row, int first) {
  auto task = read_task(row, first);
  read_more(task, row, first + task_column_count);
  return task;
}

} // namespace

pg_task_store::pg_task_store(pg_options options)
    : rules_(options.rules), told_(options.told), db_(std::move(options)),
      changes_(db_, rules_, told_) {
  db_.prepare("claim", claim_statement());
  db_.prepare("next_due", next_due_statement);
  db_.prepare("touch", touch_statement);
  db_.prepare("touch_many", touch_many_statement);
  db_.prepare("release", release_statement);
  db_.prepare("create", create_statement);
  prepare_masks(db_);
  prepare_sweeps();
}

std::unique_ptr<task_store> make_pg_task_store(pg_options options) {
  return std::make_unique<pg_task_store>(std::move(options));
}

void pg_task_store::touch_runners(const std::vector<report_flight>& batch) {
  const auto now = steady::now();
  std::vector<std::string> due;
  for (const auto& flight : batch) {
    if (!flight.ready.runner || flight.ready.runner->empty())
      continue;
    const auto& name = flight.ready.runner->value;
    auto& last = touched_[name];
    if (last == steady::time_point{} || now - last >= touch_interval) {
      last = now;
      due.push_back(name);
    }
  }
  if (touched_.size() > most_touched)
    std::erase_if(touched_, [&](const auto& entry) {
      return now - entry.second >= touch_interval;
    });
  if (due.empty())
    return;
  const auto names = array_of(due);
  const auto touched = db_.run([&](pqxx::connection& link) {
    pqxx::nontransaction writing{link};
    writing.exec_prepared("touch_many", names);
    return true;
  });
  if (!touched)
    for (const auto& name : due)
      touched_.erase(name);
}

pg_task_store::runner_signs
pg_task_store::touch(pqxx::connection& link, std::set<std::string> runners) {
  pqxx::nontransaction writing{link};
  runner_signs signs;
  const std::vector<std::string> names{runners.begin(), runners.end()};
  const auto silence = rules_->get()->runner_silence;
  for (const auto& row : writing.exec_prepared("touch", array_of(names))) {
    signs.now = moment_of(row[0]);
    const auto before = maybe_moment(row[2]);
    if (!before || *before < signs.now - silence)
      signs.returned.emplace(text_of(row[1]));
  }
  if (!signs.returned.empty())
    writing.exec_prepared(
        "release", array_of({signs.returned.begin(), signs.returned.end()}));
  return signs;
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
    const auto rows = writing.exec_params(
        "SELECT " + whole_task()
            + " FROM tasks t WHERE t.id = $1::uuid OR t.idempotency_key = $2",
        to_string(t.id), or_null(what.idempotency_key));
    if (rows.empty())
      throw std::runtime_error{"a task is neither new nor known"};
    result.answer.task = read_whole(rows[0], 0);
    result.answer.repeated = result.answer.task.id != t.id;
    return result;
  });
}

caf::expected<committed<tasks_claimed>>
pg_task_store::claim(const claim_tasks& what) {
  const auto kinds = array_of(what.kinds);
  committed<tasks_claimed> doubted; // a try whose commit nobody answered
  bool expired = false;             // nobody waits for it any more
  auto claimed = db_.run([&](pqxx::connection& link) {
    committed<tasks_claimed> result;
    if (!doubted.facts.empty() && was_committed(link, doubted.facts.front()))
      return doubted;
    touch(link, {what.runner.value});
    pqxx::work transaction{link};
    const auto rows = transaction.exec_prepared("claim", kinds, what.limit);
    if (rows.empty()) {
      const auto due = transaction.exec_prepared1("next_due", kinds);
      result.answer.next_due = maybe_moment(due[0]);
      return result;
    }
    std::vector<transition> plans;
    plans.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) {
      task_snapshot found;
      found.task = read_whole(row, 1);
      plans.push_back(decide_claim(std::move(found), what.runner,
                                   changes_.context(moment_of(row[0]))));
      changes_.stamp(*plans.back().event);
    }
    std::vector<const transition*> writes;
    for (const auto& plan : plans)
      writes.push_back(&plan);
    // All of them: their rows are locked.
    const auto written = write_transitions(transaction, writes);
    if (!what.mask.empty())
      for (auto& plan : plans)
        if (insert_mask(transaction, plan.task.id, what.mask))
          ++plan.task.version;
    for (auto& plan : plans) {
      plan.event->position = written.at(plan.task.id);
      ++plan.task.version;
      result.answer.tasks.push_back(std::move(plan.task));
      result.facts.push_back(*std::move(plan.event));
    }
    // The locks may have been long in coming. Without the commit nothing
    // of this has happened.
    expired = !what.ticket.is_wanted(steady::now());
    if (expired)
      return result;
    doubted = result;
    transaction.commit();
    return result;
  });
  if (claimed && expired)
    return make_error(ec::call_expired);
  return claimed;
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

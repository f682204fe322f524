#include "actors/persistence/postgres/task_writes.hpp"

#include "actors/persistence/postgres/event_positions.hpp"
#include "actors/persistence/postgres/facts_codec.hpp"
#include "actors/persistence/postgres/sql_array.hpp"
#include "actors/persistence/postgres/task_rows.hpp"

namespace telltale {

namespace {

constexpr std::size_t task_arrays = 25;
constexpr std::size_t attempt_arrays = 18;
constexpr std::size_t event_arrays = 6;
constexpr std::size_t late_arrays = 3;

/// The arrays of one table's rows, filled column by column, row by row.
template <std::size_t Columns> class row_set {
public:
  template <class... Values> void add(const Values&... values) {
    static_assert(sizeof...(Values) == Columns);
    std::size_t at = 0;
    (put(columns_[at++], values), ...);
  }

  void move_into(std::vector<std::string>& parameters) {
    for (auto& column : columns_)
      parameters.push_back(column.done());
  }

private:
  template <class T> static void put(sql_array& column, const T& value) {
    column.add(value);
  }

  std::array<sql_array, Columns> columns_;
};

/// An empty text is NULL.
std::optional<std::string_view> or_null(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

std::optional<std::string_view>
wire_of(const std::optional<failure_reason>& x) {
  return x ? std::optional<std::string_view>{x->wire} : std::nullopt;
}

template <class Enum>
std::optional<std::string> name_of(const std::optional<Enum>& value) {
  return value ? std::optional{to_string(*value)} : std::nullopt;
}

/// The first attempt has no id of its own.
std::optional<attempt_id> later_id(std::uint32_t number, const attempt_id& id) {
  return number > 1 ? std::optional{id} : std::nullopt;
}

using task_set = row_set<task_arrays>;
using attempt_set = row_set<attempt_arrays>;

void add_task(task_set& rows, const task_record& t) {
  rows.add(t.id, t.version, to_string(t.status), name_of(t.outcome),
           name_of(t.settled_by), t.attempt, t.max_attempts,
           wire_of(t.failure_reason), or_null(t.error_detail.view()),
           or_null(t.telling_line.view()), or_null(t.cause), t.posted,
           t.intended_empty, or_null(t.result_url.view()),
           or_null(t.runner.value), t.run_after, t.started_at, t.completed_at,
           t.lease_expires_at, t.awaits_runner,
           later_id(t.attempt, t.current_attempt), t.claimed, t.failure_told,
           t.untold, t.dispatched);
}

void add_attempt(attempt_set& rows, const transition& x) {
  const auto& a = *x.attempt;
  std::optional<std::string> late;
  if (a.late)
    late = write_late_report(*a.late);
  rows.add(x.task.id, a.number, or_null(a.runner.value), a.started_at,
           a.ended_at, to_string(a.status), wire_of(a.failure_reason),
           or_null(a.error_detail.view()), or_null(a.telling_line.view()),
           or_null(a.cause), name_of(a.settled_by),
           or_null(write_findings(x.findings)), or_null(a.evidence), late,
           later_id(a.number, a.id), a.claimed, name_of(a.origin),
           or_null(write_remarks(a.remarks)));
}

} // namespace

std::string write_statement() {
  return R"(
WITH written AS (
  UPDATE tasks t SET version = t.version + 1, status = u.status,
    outcome = u.outcome, settled_by = u.settled_by, attempt = u.attempt,
    max_attempts = u.max_attempts, failure_reason = u.failure_reason,
    error_detail = u.error_detail, telling_line = u.telling_line,
    cause = u.cause, posted = u.posted,
    intended_empty = u.intended_empty, result_url = u.result_url,
    runner_id = u.runner_id, run_after = u.run_after,
    started_at = u.started_at, completed_at = u.completed_at,
    lease_expires_at = u.lease_expires_at, awaits_runner = u.awaits_runner,
    current_attempt = u.current_attempt, claimed = u.claimed,
    failure_told = u.failure_told, untold = u.untold,
    dispatched = u.dispatched
  FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[],
      $6::int[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[],
      $12::bigint[], $13::bool[], $14::text[], $15::text[], $16::timestamptz[],
      $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::bool[],
      $21::uuid[], $22::bool[], $23::bool[], $24::bool[], $25::bool[])
    AS u(id, version, status, outcome, settled_by, attempt, max_attempts,
      failure_reason, error_detail, telling_line, cause, posted,
      intended_empty, result_url,
      runner_id, run_after, started_at, completed_at, lease_expires_at,
      awaits_runner, current_attempt, claimed, failure_told, untold,
      dispatched)
  WHERE t.id = ANY(ARRAY[u.id]) AND t.version = u.version
  RETURNING t.id, t.completed_at
), index_stale AS ( -- ended a while ago: the index of words may be past it
  INSERT INTO task_word_changes
  SELECT id FROM written
  WHERE completed_at < clock_timestamp() - interval '5 seconds'
  ON CONFLICT DO NOTHING
), tries AS MATERIALIZED (
  SELECT * FROM unnest($26::uuid[], $27::int[], $28::text[],
      $29::timestamptz[], $30::timestamptz[], $31::text[], $32::text[],
      $33::text[], $34::text[], $35::text[], $36::text[], $37::json[],
      $38::json[], $39::json[], $40::uuid[], $41::bool[], $42::text[],
      $43::json[])
    AS n(task_id, number, runner_id, started_at, ended_at, status,
      failure_reason, error_detail, telling_line, cause, settled_by, findings,
      evidence, late_report, id, claimed, detail_origin, remarks)
  WHERE (n.task_id IN (SELECT id FROM written)) IS TRUE
), attempted AS (
  UPDATE attempts a SET runner_id = n.runner_id, ended_at = n.ended_at,
    status = n.status, failure_reason = n.failure_reason,
    error_detail = n.error_detail, telling_line = n.telling_line,
    cause = n.cause, detail_origin = n.detail_origin,
    settled_by = n.settled_by,
    findings = COALESCE(n.findings, a.findings),
    evidence = COALESCE(n.evidence, a.evidence),
    late_report = COALESCE(n.late_report, a.late_report),
    remarks = COALESCE(n.remarks, a.remarks)
  FROM tries n WHERE a.task_id = ANY(ARRAY[n.task_id]) AND a.number = n.number
  RETURNING 1
), begun AS (
  INSERT INTO attempts (task_id, number, runner_id, started_at, ended_at,
    status, failure_reason, error_detail, telling_line, cause, settled_by,
    findings, evidence, late_report, id, claimed, detail_origin, remarks)
  SELECT * FROM tries n WHERE NOT EXISTS (
    SELECT FROM attempts a
    WHERE a.task_id = ANY(ARRAY[n.task_id]) AND a.number = n.number)
  RETURNING 1
), late AS (
  UPDATE attempts a SET late_report = l.report
  FROM unnest($50::uuid[], $51::int[], $52::json[])
    AS l(task_id, number, report)
  WHERE a.task_id = ANY(ARRAY[l.task_id]) AND a.number = l.number
  RETURNING 1
), news AS MATERIALIZED (
  SELECT * FROM unnest($44::uuid[], $45::uuid[], $46::int[], $47::text[],
      $48::timestamptz[], $49::json[]) WITH ORDINALITY
    AS e(id, task_id, attempt, type, occurred_at, facts, nth)
  WHERE (e.task_id IN (SELECT id FROM written)) IS TRUE
), turn AS MATERIALIZED ( -- after all that locks rows
  SELECT )"
         + lock_positions + R"(
  FROM (SELECT count(*) AS size FROM news) n, (SELECT count(*) FROM attempted) a,
    (SELECT count(*) FROM begun) b, (SELECT count(*) FROM late) l
  WHERE n.size > 0
), numbered AS MATERIALIZED (
  SELECT n.*, nextval('event_position') AS position
  FROM turn CROSS JOIN (SELECT * FROM news ORDER BY nth) n
), told AS (
  INSERT INTO events (id, task_id, attempt, type, occurred_at, facts, position)
  SELECT n.id, n.task_id, n.attempt, n.type, n.occurred_at, n.facts, n.position
  FROM numbered n
)
SELECT id, (SELECT min(position) FROM numbered) FROM written)";
}

written_tasks write_transitions(pqxx::transaction_base& transaction,
                                std::span<const transition* const> transitions,
                                const std::vector<relay_target>& relays) {
  task_set tasks;
  attempt_set attempts;
  row_set<event_arrays> events;
  row_set<late_arrays> late;
  for (const auto* x : transitions) {
    if (x->writes_task)
      add_task(tasks, x->task);
    if (x->attempt)
      add_attempt(attempts, *x);
    if (x->event)
      events.add(x->event->id, x->event->task, x->event->attempt,
                 to_string(x->event->type), x->event->occurred_at,
                 write_facts(*x->event));
    if (x->late)
      late.add(x->task.id, x->late->number, write_late_report(x->late->report));
  }
  std::vector<std::string> parameters;
  parameters.reserve(task_arrays + attempt_arrays + event_arrays + late_arrays);
  tasks.move_into(parameters);
  attempts.move_into(parameters);
  events.move_into(parameters);
  late.move_into(parameters);
  const auto rows = transaction.exec_prepared(
      write_statement_name, pqxx::prepare::make_dynamic_params(parameters));
  written_tasks written;
  written.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows)
    written.try_emplace(task_id{uuid_of(row[0])});
  if (rows.empty() || rows[0][1].is_null())
    return written;
  // The statement numbers the events of what it wrote in the order given, and
  // nobody else takes a number meanwhile.
  auto position = rows[0][1].as<std::int64_t>();
  std::vector<event_to_tell> to_tell;
  for (const auto* x : transitions)
    if (const auto found = written.find(x->task.id);
        x->event && found != written.end()) {
      found->second.position = position++;
      if (!x->targets.empty() || !x->superseded.empty())
        to_tell.push_back({&*x->event, found->second.position,
                           std::span{x->targets}, std::span{x->superseded}});
    }
  auto told = write_deliveries(transaction, to_tell, relays);
  for (std::size_t i = 0; i < to_tell.size(); ++i)
    written.at(to_tell[i].event->task).told = std::move(told[i]);
  return written;
}

committed_event as_committed(transition& plan, written_task& written) {
  committed_event event{*std::move(plan.event), written.position, {}, {}};
  event.untold = plan.is_untold;
  event.leased = std::move(written.told.leased);
  event.waiting = std::move(written.told.waiting);
  return event;
}

} // namespace telltale

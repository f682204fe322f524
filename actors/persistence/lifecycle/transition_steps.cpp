#include "actors/persistence/lifecycle/transition_steps.hpp"

#include <utility>

#include "messages/fingerprint.hpp"

namespace telltale::step {

transition refuse(task_snapshot found, ec code) {
  transition result;
  result.result = code;
  result.task = std::move(found.task);
  return result;
}

event_facts facts_of(const task_record& task, event_type type,
                     const decision_context& context) {
  event_facts facts;
  facts.type = type;
  facts.occurred_at = context.now;
  facts.task = task.id;
  facts.attempt = task.attempt;
  facts.max_attempts = task.max_attempts;
  facts.kind = task.kind;
  facts.title = task.title;
  facts.chat_session = task.chat_session;
  facts.workspace = task.workspace;
  facts.agent = task.agent;
  facts.issue = task.issue;
  facts.wanted_runner = task.wanted_runner;
  facts.status = task.status;
  facts.outcome = task.outcome;
  facts.failure_reason = task.failure_reason;
  facts.error = task.error_detail;
  facts.telling_line = task.telling_line;
  facts.cause = task.cause;
  if (!task.error_detail.empty())
    facts.origin = detail_origin::runner;
  return facts;
}

attempt_record open_attempt(task_record& task, const runner_id& runner,
                            const decision_context& context) {
  ++task.attempt;
  task.current_attempt =
      task.attempt == 1 ? attempt_id{task.id.value} : context.next_attempt;
  task.status = task_status::running;
  task.runner = runner;
  task.outcome.reset();
  task.settled_by.reset();
  task.failure_reason.reset();
  say(task, {}, {});
  task.cause.clear();
  task.posted.reset();
  task.intended_empty.reset();
  task.result_url = {};
  task.run_after.reset();
  task.awaits_runner = false;
  task.untold = false;
  task.started_at = context.now;
  task.completed_at.reset();
  task.lease_expires_at = context.now + context.lease;
  attempt_record attempt;
  attempt.task = task.id;
  attempt.number = task.attempt;
  attempt.id = task.current_attempt;
  attempt.runner = runner;
  attempt.started_at = context.now;
  return attempt;
}

attempt_record current_attempt(task_snapshot& found) {
  if (found.attempt)
    return std::move(*found.attempt);
  attempt_record attempt;
  attempt.task = found.task.id;
  attempt.number = found.task.attempt;
  attempt.id = found.task.current_attempt;
  attempt.runner = found.task.runner;
  attempt.started_at = found.task.started_at.value_or(found.task.created_at);
  return attempt;
}

void say(task_record& task, redacted_text detail, redacted_text telling_line) {
  task.error_detail = std::move(detail);
  task.telling_line = std::move(telling_line);
}

namespace {

std::string cause_of(const std::optional<failure_reason>& reason,
                     const redacted_text& telling_line) {
  return reason ? fingerprint(reason->wire, telling_line.view())
                : std::string{};
}

} // namespace

void name_cause(task_record& task) {
  task.cause = cause_of(task.failure_reason, task.telling_line);
}

void name_cause(attempt_record& attempt) {
  attempt.cause = cause_of(attempt.failure_reason, attempt.telling_line);
}

void finish(task_record& task, task_status status, settled_by who,
            const decision_context& context) {
  task.status = status;
  task.settled_by = who;
  task.completed_at = context.now;
  task.lease_expires_at.reset();
  task.run_after.reset();
  task.awaits_runner = false;
  task.outcome = outcome_of(task);
  name_cause(task);
}

void close(attempt_record& attempt, const task_record& task) {
  attempt.status = task.status;
  attempt.ended_at = task.completed_at;
  attempt.failure_reason = task.failure_reason;
  attempt.error_detail = task.error_detail;
  attempt.telling_line = task.telling_line;
  attempt.cause = task.cause;
  attempt.origin = task.error_detail.empty()
                       ? std::nullopt
                       : std::optional{detail_origin::runner};
  attempt.settled_by = task.settled_by;
}

void put_back(task_record& task, event_facts& facts, timestamp run_after,
              bool awaits_runner) {
  task.status = task_status::queued;
  task.outcome.reset();
  task.completed_at.reset();
  task.run_after = run_after;
  task.awaits_runner = awaits_runner;
  facts.outcome.reset();
  facts.will_retry = true;
  facts.retry_at = task.run_after;
}

event_facts make_failure_event(task_record& task, bool kind_is_claimed,
                               const decision_context& context) {
  auto facts = facts_of(task, event_type::task_failed, context);
  std::optional<retry_choice> again;
  if (has_claimants(task, kind_is_claimed))
    again = choose_retry(*context.retry, *task.failure_reason, task.attempt,
                         task.max_attempts, context.chance, context.reported);
  if (again)
    put_back(task, facts, context.now + again->wait, again->awaits_runner);
  else
    task.failure_told = true;
  return facts;
}

event_facts make_success_event(task_record& task,
                               const decision_context& context) {
  const bool recovers = std::exchange(task.failure_told, false);
  return facts_of(
      task, recovers ? event_type::task_recovered : event_type::task_succeeded,
      context);
}

} // namespace telltale::step

#include <utility>

#include "actors/persistence/lifecycle/transition_steps.hpp"

// What a runner says after the reaper has given its attempt up, and before
// another has begun: it was there, and knows better.

namespace telltale::step {

namespace {

/// The runner's words take the place of the platform's. Without any, the
/// platform's go.
void replace_words(task_record& task, attempt_record& attempt,
                   const apply_status& report) {
  if (!report.detail.empty()) {
    attempt.error_detail = report.detail;
    attempt.telling_line = report.telling_line;
    attempt.origin = detail_origin::runner;
  } else if (attempt.origin == detail_origin::platform) {
    attempt.error_detail = {};
    attempt.telling_line = {};
    attempt.origin.reset();
  }
  say(task, attempt.error_detail, attempt.telling_line);
}

/// The facts of an amendment: how the attempt ended, whatever the task waits
/// for.
event_facts amendment_of(const task_record& task, const attempt_record& attempt,
                         const decision_context& context) {
  auto facts = facts_of(task, event_type::task_amended, context);
  facts.status = attempt.status;
  return facts;
}

/// The task waits for a retry that the guess allowed. A person's retry stays.
void decide_again(transition& result, const attempt_record& attempt,
                  bool told_otherwise, bool kind_is_claimed,
                  const decision_context& context) {
  auto& task = result.task;
  const bool by_person = task.settled_by == settled_by::person;
  std::optional<retry_choice> again;
  if (by_person)
    again = retry_choice{};
  else if (has_claimants(task, kind_is_claimed))
    again = choose_retry(*context.retry, *task.failure_reason, task.attempt,
                         task.max_attempts, context.chance, context.reported);
  if (!again) {
    finish(task, attempt.status, settled_by::runner, context);
    task.failure_told = true;
    result.event = facts_of(task, event_type::task_failed, context);
    return;
  }
  task.awaits_runner = false; // it is here
  if (!told_otherwise)
    return;
  if (!by_person)
    task.run_after = context.now + again->wait;
  result.event = amendment_of(task, attempt, context);
  result.event->will_retry = true;
  result.event->retry_at = task.run_after;
}

} // namespace

late_report late_of(const apply_status& report, timestamp now) {
  return {report.status, report.failure_reason, report.detail, now};
}

void take_results(task_record& task, const apply_status& report) {
  if (report.posted)
    task.posted = report.posted;
  if (report.intended_empty)
    task.intended_empty = report.intended_empty;
  if (!report.result_url.empty())
    task.result_url = report.result_url;
  if (!report.detail.empty())
    say(task, report.detail, report.telling_line);
  if (task.runner.empty() && report.runner)
    task.runner = *report.runner;
}

transition recover(task_snapshot found, const apply_status& report,
                   const decision_context& context) {
  transition result;
  result.writes_task = true;
  result.effect = report_effect::recovered;
  auto& task = found.task;
  task.failure_reason.reset();
  say(task, {}, {}); // of the failure; the attempt keeps it
  take_results(task, report);
  finish(task, task_status::succeeded, settled_by::runner, context);
  auto attempt = current_attempt(found);
  attempt.status = task_status::succeeded;
  attempt.settled_by = settled_by::runner;
  attempt.late = late_of(report, context.now);
  result.attempt = std::move(attempt);
  result.event = make_success_event(task, context);
  result.task = std::move(task);
  return result;
}

transition amend(task_snapshot found, const apply_status& report,
                 const decision_context& context) {
  transition result;
  result.writes_task = true;
  result.effect = report_effect::amended;
  result.findings = report.findings;
  auto attempt = current_attempt(found);
  result.task = std::move(found.task);
  auto& task = result.task;
  const failure_reason real =
      report.failure_reason.value_or(reason::agent_unknown);
  const bool told_otherwise = task.failure_reason != real;
  const bool waits = task.status == task_status::queued;
  take_results(task, report);
  replace_words(task, attempt, report);
  attempt.status = report.status;
  if (!waits)
    task.status = report.status;
  attempt.failure_reason = real;
  attempt.settled_by = settled_by::runner;
  attempt.late = late_of(report, context.now);
  task.failure_reason = real;
  name_cause(attempt);
  name_cause(task);
  if (waits) {
    decide_again(result, attempt, told_otherwise, found.kind_is_claimed,
                 context);
  } else {
    task.settled_by = settled_by::runner;
    if (told_otherwise)
      result.event = amendment_of(task, attempt, context);
  }
  result.attempt = std::move(attempt);
  return result;
}

} // namespace telltale::step

#include "actors/persistence/lifecycle/transition.hpp"

#include <utility>

#include "actors/persistence/lifecycle/transition_steps.hpp"

namespace telltale {

using step::amend;
using step::close;
using step::current_attempt;
using step::facts_of;
using step::finish;
using step::late_of;
using step::make_failure_event;
using step::make_success_event;
using step::name_cause;
using step::open_attempt;
using step::recover;
using step::refuse;
using step::say;
using step::take_results;

namespace {

/// A word that changes nothing, kept on the attempt that it is about.
transition refuse_late(task_snapshot found, const apply_status& report,
                       std::uint32_t number, ec code,
                       const decision_context& context) {
  auto result = refuse(std::move(found), code);
  if (number > 0)
    result.late = late_write{number, late_of(report, context.now)};
  return result;
}

runner_id runner_of(const apply_status& report) {
  return report.runner.value_or(runner_id{});
}

/// A report that finishes the attempt which `attempt` describes.
transition settle(task_snapshot found, attempt_record attempt,
                  const apply_status& report, const decision_context& context) {
  transition result;
  result.writes_task = true;
  result.findings = report.findings;
  result.task = std::move(found.task);
  auto& task = result.task;
  take_results(task, report);
  if (attempt.runner.empty())
    attempt.runner = task.runner;
  task.failure_reason =
      is_failure(report.status)
          ? report.failure_reason.value_or(reason::agent_unknown)
          : std::optional<failure_reason>{};
  finish(task, report.status, settled_by::runner, context);
  close(attempt, task);
  if (is_failure(report.status))
    result.event = make_failure_event(task, found.kind_is_claimed, context);
  else if (report.status == task_status::succeeded)
    result.event = make_success_event(task, context);
  else
    result.event = facts_of(task, event_type::task_cancelled, context);
  result.attempt = std::move(attempt);
  return result;
}

/// `running` or `posting_result` about the attempt under way.
transition renew(task_snapshot found, const apply_status& report,
                 const decision_context& context) {
  transition result;
  result.writes_task = true;
  auto& task = found.task;
  const bool knew_runner = !task.runner.empty();
  task.status = report.status;
  task.lease_expires_at = context.now + context.lease;
  take_results(task, report);
  if (report.status == task_status::running)
    say(task, {}, {});
  if (!knew_runner && !task.runner.empty()) {
    result.attempt = current_attempt(found);
    result.attempt->runner = task.runner;
  }
  result.task = std::move(task);
  return result;
}

/// A report that starts an attempt, and may finish it, too.
transition begin(task_snapshot found, const apply_status& report,
                 const decision_context& context) {
  auto attempt = open_attempt(found.task, runner_of(report), context);
  if (is_terminal(report.status))
    return settle(std::move(found), std::move(attempt), report, context);
  transition result;
  result.writes_task = true;
  take_results(found.task, report);
  found.task.status = report.status;
  if (report.status == task_status::running)
    say(found.task, {}, {});
  result.event = facts_of(found.task, event_type::task_started, context);
  result.attempt = std::move(attempt);
  result.task = std::move(found.task);
  return result;
}

/// The same ending once more: only news is stored.
transition repeat(task_snapshot found, const apply_status& report) {
  transition result;
  result.effect = report_effect::repeated;
  auto& task = found.task;
  const bool new_detail =
      !report.detail.empty() && report.detail != task.error_detail;
  const bool new_count = report.posted && !task.posted;
  const bool new_intent = report.intended_empty && !task.intended_empty;
  const bool new_url = !report.result_url.empty() && task.result_url.empty();
  if (new_detail || new_count || new_intent || new_url) {
    if (new_detail) {
      say(task, report.detail, report.telling_line);
      name_cause(task);
      result.attempt = current_attempt(found);
      auto& attempt = *result.attempt;
      attempt.error_detail = task.error_detail;
      attempt.telling_line = task.telling_line;
      attempt.origin = detail_origin::runner;
      name_cause(attempt);
      result.findings = report.findings;
    }
    if (new_count)
      task.posted = report.posted;
    if (new_intent)
      task.intended_empty = report.intended_empty;
    if (new_url)
      task.result_url = report.result_url;
    task.outcome = outcome_of(task);
    result.writes_task = true;
    if (task.attempt == 0)
      result.attempt.reset(); // cancelled before anybody tried
  }
  result.task = std::move(task);
  return result;
}

/// Was the latest attempt's end the reaper's word, and has nobody spoken since?
bool given_up_by_reaper(const task_snapshot& found) {
  const auto& attempt = found.attempt;
  return attempt && attempt->number == found.task.attempt && attempt->ended_at
         && is_failure(attempt->status)
         && attempt->settled_by == settled_by::reaper
         && (found.task.status == task_status::queued
             || is_failure(found.task.status));
}

/// A success that the task's end did not wait for: of an attempt that the
/// reaper gave up, or whose retry it did.
bool recovers(const task_snapshot& found, const apply_status& report) {
  return report.status == task_status::succeeded
         && (given_up_by_reaper(found)
             || (is_failure(found.task.status)
                 && found.task.settled_by == settled_by::reaper));
}

/// A report about the task's latest attempt, which is over. `names_closed`: it
/// is for that one and no other.
transition report_on_queued(task_snapshot found, const apply_status& report,
                            bool names_closed,
                            const decision_context& context) {
  if (recovers(found, report))
    return recover(std::move(found), report, context);
  if (is_failure(report.status) && given_up_by_reaper(found))
    return amend(std::move(found), report, context);
  const bool says_it_again = found.attempt && found.attempt->ended_at
                             && found.attempt->status == report.status;
  if (says_it_again && is_failure(report.status))
    return repeat(std::move(found), report);
  const auto number = found.task.attempt;
  if (names_closed)
    return refuse_late(std::move(found), report, number, ec::terminal_state,
                       context);
  if (report.status == task_status::cancelled) {
    // Nobody is at work: there is no attempt to close, and no runner of one.
    const auto runner = found.task.runner;
    take_results(found.task, report);
    found.task.runner = runner;
    auto result = decide_cancel(std::move(found), context);
    result.task.settled_by = settled_by::runner;
    return result;
  }
  return begin(std::move(found), report, context);
}

transition report_on_finished(task_snapshot found, const apply_status& report,
                              const decision_context& context) {
  if (is_failure(report.status) && is_failure(found.task.status)
      && given_up_by_reaper(found))
    return amend(std::move(found), report, context);
  if (report.status == found.task.status)
    return repeat(std::move(found), report);
  if (is_failure(found.task.status)) {
    // A job that was started again; who means this attempt comes too late.
    if (report.status == task_status::running && !report.attempt)
      return begin(std::move(found), report, context);
    if (recovers(found, report))
      return recover(std::move(found), report, context);
  }
  const auto number = found.task.attempt;
  return refuse_late(std::move(found), report, number, ec::terminal_state,
                     context);
}

/// The attempt that a report speaks for. One that names none speaks for the
/// first if runners claim the task, since it may be a lost one's; else a job
/// system starts one attempt after the other. `running` on a failed task is a
/// job that was started again, whoever had it before.
std::uint32_t attempt_meant(const task_snapshot& found,
                            const apply_status& report) {
  const auto& task = found.task;
  if (report.attempt)
    return *report.attempt;
  const bool restarts =
      report.status == task_status::running && is_failure(task.status);
  const bool is_claimed = found.attempt && found.attempt->claimed;
  return is_claimed && !restarts ? 1 : task.attempt;
}

/// A repetition of a call in doubt whose attempt is over: was it done then?
bool was_done(const task_snapshot& found, const apply_status& report) {
  if (!found.attempt || !found.attempt->ended_at)
    return false;
  return !is_terminal(report.status)
         || (found.attempt->status == report.status
             && found.attempt->settled_by == settled_by::runner);
}

transition decide_status(task_snapshot found, const apply_status& report,
                         const decision_context& context, doubted_write doubt) {
  const auto current = found.task.attempt;
  // Nobody has written since that version was read: neither have we.
  const bool has_failed =
      doubt.version > 0 && found.task.version == doubt.version;
  const auto counted_to = has_failed ? 0 : doubt.attempt;
  const auto meant = counted_to > 0 ? counted_to : attempt_meant(found, report);
  if (counted_to > 0 && counted_to <= current && was_done(found, report)) {
    // Should the write not have taken place after all, its news do now.
    const bool is_last_word = is_terminal(report.status)
                              && counted_to == current
                              && !is_active(found.task.status);
    if (is_last_word)
      return repeat(std::move(found), report);
    transition result;
    result.effect = report_effect::repeated;
    result.task = std::move(found.task);
    return result;
  }
  if (meant < current)
    return refuse_late(std::move(found), report, meant, ec::stale_attempt,
                       context);
  const auto status = found.task.status;
  const bool can_begin =
      status == task_status::queued
      || (is_failure(status) && report.status == task_status::running);
  if (meant > current + (can_begin ? 1U : 0U))
    return refuse(std::move(found), ec::invalid_field);
  if (report.status == task_status::queued)
    return refuse(std::move(found), ec::unsupported_status);
  if (meant > current)
    return begin(std::move(found), report, context);
  if (status == task_status::queued) {
    const bool is_claimed = found.attempt && found.attempt->claimed;
    const bool names_closed = current > 0 && (report.attempt || is_claimed);
    return report_on_queued(std::move(found), report, names_closed, context);
  }
  if (is_terminal(status))
    return report_on_finished(std::move(found), report, context);
  if (!is_terminal(report.status))
    return renew(std::move(found), report, context);
  auto attempt = current_attempt(found);
  return settle(std::move(found), std::move(attempt), report, context);
}

/// What is said beside goes to the attempt that the report is counted to.
transition with_remarks(task_snapshot found, const apply_status& report,
                        const decision_context& context, doubted_write doubt) {
  const auto before = found.attempt;
  const bool launches = report.kind == report_kind::launch;
  const bool is_current =
      before && before->number == found.task.attempt
      && report.attempt.value_or(before->number) == found.task.attempt;
  if (launches && is_current && is_active(found.task.status)
      && before->remarks.launched && doubt.attempt == 0)
    return refuse(std::move(found), ec::already_started);
  auto result = decide_status(std::move(found), report, context, doubt);
  if (result.result != ec::none || !result.writes_task)
    return result;
  if (!result.attempt && is_current && before->number == result.task.attempt)
    result.attempt = before;
  if (!result.attempt)
    return result;
  step::add_remarks(result.attempt->remarks, report.remarks);
  result.attempt->remarks.launched |= launches;
  return result;
}

} // namespace

transition decide_report(task_snapshot found, const apply_status& report,
                         const decision_context& context, doubted_write doubt) {
  if (report.kind == report_kind::remark)
    return decide_remark(std::move(found), report, context);
  if (report.kind == report_kind::produced)
    return decide_produced(std::move(found), report, context, doubt);
  if (report.kind == report_kind::status && report.remarks == attempt_remarks{})
    return decide_status(std::move(found), report, context, doubt);
  // A word of its own may be retried by a policy of its own.
  auto own = context;
  own.reported = report.remarks.reported_reason.view();
  return with_remarks(std::move(found), report, own, doubt);
}

} // namespace telltale

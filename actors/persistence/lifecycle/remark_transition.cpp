#include <algorithm>
#include <iterator>
#include <utility>

#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/lifecycle/transition_steps.hpp"

// What is said about an attempt beside how it goes, and what a job system does
// with its tasks.

namespace telltale {

using step::close;
using step::current_attempt;
using step::facts_of;
using step::finish;
using step::put_back;
using step::refuse;
using step::say;

namespace {

void add_usage(std::vector<model_usage>& all, const model_usage& more) {
  auto same = std::ranges::find(all, more.model, &model_usage::model);
  if (same == all.end() && all.size() >= attempt_remarks::most_models)
    same = std::prev(all.end()); // what does not fit is counted with the last
  if (same == all.end()) {
    all.push_back(more);
    return;
  }
  same->input_tokens += more.input_tokens;
  same->output_tokens += more.output_tokens;
  same->cache_read_tokens += more.cache_read_tokens;
  same->cache_write_tokens += more.cache_write_tokens;
  same->cost_usd += more.cost_usd;
}

bool is_under_way(const task_record& task, std::uint32_t attempt) {
  return is_active(task.status) && attempt == task.attempt;
}

} // namespace

void step::add_remarks(attempt_remarks& to, const attempt_remarks& more) {
  if (!more.reported_reason.empty())
    to.reported_reason = more.reported_reason;
  if (!more.note.empty())
    to.note = more.note;
  if (!more.branch_name.empty())
    to.branch_name = more.branch_name;
  for (const auto& one : more.usage)
    add_usage(to.usage, one);
}

transition decide_remark(task_snapshot found, const apply_status& report,
                         const decision_context& context) {
  transition result;
  result.effect = report_effect::repeated;
  auto& task = found.task;
  const auto number = report.attempt.value_or(task.attempt);
  if (found.attempt && found.attempt->number == number) {
    auto attempt = *found.attempt;
    step::add_remarks(attempt.remarks, report.remarks);
    // Half a lease is early enough, and spares the other writes.
    const bool renews =
        is_under_way(task, number)
        && *task.lease_expires_at - context.now < context.lease / 2;
    if (renews)
      task.lease_expires_at = context.now + context.lease;
    if (renews || attempt.remarks != found.attempt->remarks) {
      result.effect = report_effect::applied;
      result.writes_task = true;
      result.attempt = std::move(attempt);
    }
  }
  result.task = std::move(task);
  return result;
}

transition decide_produced(task_snapshot found, const apply_status& report,
                           const decision_context& context,
                           doubted_write doubt) {
  auto& task = found.task;
  if (!is_under_way(task, report.attempt.value_or(task.attempt)))
    return refuse(std::move(found), is_terminal(found.task.status)
                                        ? ec::terminal_state
                                        : ec::stale_attempt);
  transition result;
  const bool was_done = doubt.attempt == task.attempt && doubt.version > 0
                        && doubt.version != task.version;
  if (was_done) {
    // Counted twice it would hide a run that posted nothing.
    result.effect = report_effect::repeated;
    result.task = std::move(task);
    return result;
  }
  result.writes_task = true;
  task.posted = task.posted.value_or(0) + report.produced.count;
  if (report.intended_empty)
    task.intended_empty = report.intended_empty;
  task.lease_expires_at = context.now + context.lease;
  auto facts = facts_of(task, event_type::task_produced, context);
  facts.part = report.produced.part;
  facts.produced = report.produced.count;
  facts.body = report.detail;
  facts.error = {};
  facts.telling_line = {};
  facts.origin.reset();
  result.event = std::move(facts);
  result.task = std::move(task);
  return result;
}

transition decide_dispatch(task_snapshot found,
                           const decision_context& context) {
  auto& task = found.task;
  if (is_terminal(task.status) && !is_failure(task.status))
    return refuse(std::move(found), ec::terminal_state);
  transition result;
  result.writes_task = true;
  if (is_active(task.status)) {
    // Its job was started again: what it had in flight is in nobody's hands.
    auto attempt = current_attempt(found);
    attempt.evidence = R"({"attempt":"superseded","looked_at":")"
                       + format_rfc3339(context.now) + "\"}";
    task.failure_reason = reason::runtime_recovery;
    if (task.error_detail.empty()) {
      const auto sentinel = redacted_text::from_platform(
          "daemon restarted while task was in flight");
      say(task, sentinel, sentinel);
    }
    // Not the reaper's guess: what the old job says later cannot undo it.
    finish(task, task_status::failed, settled_by::person, context);
    close(attempt, task);
    auto facts = facts_of(task, event_type::task_failed, context);
    put_back(task, facts, context.now, false);
    result.event = std::move(facts);
    result.attempt = std::move(attempt);
  }
  task.status = task_status::queued;
  task.outcome.reset();
  task.completed_at.reset();
  task.run_after = context.now;
  task.awaits_runner = false;
  task.max_attempts = std::max(task.max_attempts, task.attempt + 1);
  task.dispatched = true;
  result.task = std::move(task);
  return result;
}

} // namespace telltale

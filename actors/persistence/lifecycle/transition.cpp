#include "actors/persistence/lifecycle/transition.hpp"

#include <algorithm>
#include <utility>

#include "actors/persistence/lifecycle/sweep_evidence.hpp"
#include "actors/persistence/lifecycle/transition_steps.hpp"

namespace telltale {

using step::close;
using step::current_attempt;
using step::facts_of;
using step::finish;
using step::make_failure_event;
using step::open_attempt;
using step::put_back;
using step::refuse;
using step::say;

std::optional<task_outcome> outcome_of(const task_record& task) {
  if (!is_terminal(task.status))
    return std::nullopt;
  if (is_failure(task.status))
    return task_outcome::failed;
  if (task.status == task_status::cancelled)
    return task_outcome::cancelled;
  if (!task.posted)
    return task.error_detail.empty() ? task_outcome::unverified
                                     : task_outcome::silent_noop;
  if (*task.posted > 0)
    return task_outcome::delivered;
  return task.intended_empty.value_or(false) ? task_outcome::clean
                                             : task_outcome::silent_noop;
}

transition decide_claim(task_snapshot found, const runner_id& runner,
                        const decision_context& context) {
  if (found.task.status != task_status::queued)
    return refuse(std::move(found), ec::terminal_state);
  transition result;
  result.writes_task = true;
  result.attempt = open_attempt(found.task, runner, context);
  result.attempt->claimed = true;
  found.task.claimed = true;
  result.event = facts_of(found.task, event_type::task_started, context);
  result.task = std::move(found.task);
  return result;
}

transition decide_beat(task_snapshot found, const runner_id& runner,
                       std::optional<std::uint32_t> attempt,
                       const decision_context& context) {
  auto& task = found.task;
  const bool holds = is_active(task.status)
                     && (task.runner.empty() || task.runner == runner)
                     && attempt.value_or(task.attempt) == task.attempt;
  if (!holds)
    return refuse(std::move(found), ec::stale_attempt);
  transition result;
  result.writes_task = true;
  task.lease_expires_at = context.now + context.lease;
  if (task.runner.empty() && !runner.empty()) {
    task.runner = runner;
    result.attempt = current_attempt(found);
    result.attempt->runner = runner;
  }
  result.task = std::move(task);
  return result;
}

transition decide_return(task_snapshot found, const claimed_task& claimed,
                         const decision_context& context) {
  auto& task = found.task;
  if (task.status != task_status::running || task.attempt != claimed.attempt
      || task.version != claimed.version)
    return refuse(std::move(found), ec::stale_attempt);
  transition result;
  result.writes_task = true;
  auto attempt = current_attempt(found);
  attempt.evidence = R"({"claim":"undelivered","lease_expires_at":")"
                     + format_rfc3339(*task.lease_expires_at)
                     + R"(","looked_at":")" + format_rfc3339(context.now)
                     + "\"}";
  task.failure_reason = reason::runtime_offline;
  const auto sentinel = redacted_text::from_platform("runtime went offline");
  say(task, sentinel, sentinel);
  finish(task, task_status::failed, settled_by::reaper, context);
  close(attempt, task);
  attempt.origin = detail_origin::platform;
  auto facts = facts_of(task, event_type::task_failed, context);
  facts.origin = detail_origin::platform;
  if (task.max_attempts > 1)
    ++task.max_attempts;
  put_back(task, facts, context.now, false);
  result.event = std::move(facts);
  result.attempt = std::move(attempt);
  result.task = std::move(task);
  return result;
}

transition decide_cancel(task_snapshot found, const decision_context& context) {
  if (is_terminal(found.task.status))
    return refuse(std::move(found), ec::not_cancellable);
  transition result;
  result.writes_task = true;
  const bool active = is_active(found.task.status);
  auto& task = found.task;
  task.failure_reason.reset();
  finish(task, task_status::cancelled, settled_by::person, context);
  if (active) {
    auto attempt = current_attempt(found);
    close(attempt, task);
    result.attempt = std::move(attempt);
  }
  result.event = facts_of(task, event_type::task_cancelled, context);
  result.task = std::move(task);
  return result;
}

transition decide_retry(task_snapshot found, const decision_context& context) {
  if (!is_terminal(found.task.status))
    return refuse(std::move(found), ec::not_retryable);
  transition result;
  result.writes_task = true;
  auto& task = found.task;
  task.status = task_status::queued;
  task.outcome.reset();
  task.settled_by = settled_by::person;
  task.untold = false;
  task.completed_at.reset();
  task.run_after = context.now;
  task.max_attempts = std::max(task.max_attempts, task.attempt + 1);
  result.task = std::move(task);
  return result;
}

namespace {

bool is_of_queue(sweep_kind kind) {
  return kind == sweep_kind::queue_ttl || kind == sweep_kind::reconnect
         || kind == sweep_kind::retry_not_taken;
}

/// How this task ends: by what its attempt failed of if its retry was not
/// taken, and as lost if its runner was not heard of since the lease ended.
sweep_ending choose_ending(const task_snapshot& found, const sweep_tasks& sweep,
                           const sweep_evidence& evidence) {
  sweep_ending ending{sweep.failure_reason, sweep.sentinel, sweep.status};
  const auto& lease = found.task.lease_expires_at;
  const auto& heard = evidence.last_sign_of_life;
  if (sweep.kind == sweep_kind::retry_not_taken && found.task.failure_reason)
    ending.failure_reason = *found.task.failure_reason;
  else if (sweep.unheard && lease && !(heard && *heard > *lease))
    ending = *sweep.unheard;
  return ending;
}

} // namespace

transition decide_sweep(task_snapshot found, const sweep_tasks& sweep,
                        const sweep_evidence& evidence,
                        const decision_context& context) {
  const bool of_queue = is_of_queue(sweep.kind);
  auto& task = found.task;
  if (of_queue ? task.status != task_status::queued : !is_active(task.status))
    return refuse(std::move(found), ec::terminal_state);
  transition result;
  result.writes_task = true;
  auto ending = choose_ending(found, sweep, evidence);
  // A sentinel is no detail: a runner's words about this attempt outlive it.
  const bool says_sentinel = of_queue || task.error_detail.empty();
  const auto seen = describe_evidence(sweep, evidence, ending, says_sentinel,
                                      task, context.now);
  // A retry that nobody took keeps its last attempt's own reason; a task that
  // nobody ever took gets an attempt to hold the reason.
  const bool keeps_attempt = of_queue && task.attempt > 0;
  auto attempt = of_queue && task.attempt == 0
                     ? open_attempt(task, runner_id{}, context)
                     : current_attempt(found);
  attempt.evidence = append_evidence(attempt.evidence, seen);
  if (says_sentinel)
    say(task, ending.sentinel, ending.sentinel);
  task.failure_reason = std::move(ending.failure_reason);
  finish(task, ending.status, settled_by::reaper, context);
  if (!keeps_attempt) {
    close(attempt, task);
    if (says_sentinel)
      attempt.origin = detail_origin::platform;
  }
  if (of_queue) {
    task.failure_told = true;
    result.event = facts_of(task, event_type::task_failed, context);
  } else {
    result.event = make_failure_event(task, found.kind_is_claimed, context);
  }
  if (says_sentinel)
    result.event->origin = detail_origin::platform;
  result.attempt = std::move(attempt);
  result.task = std::move(task);
  return result;
}

void note_untold(transition& plan) {
  if (!plan.event || !is_for_people(*plan.event))
    return;
  const bool untold =
      std::ranges::none_of(plan.targets, [](const event_target& one) {
        return one.routed || !one.chat.chat_id.empty();
      });
  plan.task.untold = untold;
  plan.is_untold = untold;
}

transition decide_create(task_record task, const decision_context& context) {
  transition result;
  task.status = task_status::queued;
  task.outcome.reset();
  task.attempt = 0;
  task.max_attempts = std::max<std::uint32_t>(task.max_attempts, 1);
  task.created_at = context.now;
  task.version = 1;
  result.event = facts_of(task, event_type::task_created, context);
  result.writes_task = true;
  result.task = std::move(task);
  return result;
}

} // namespace telltale

#pragma once

#include "actors/persistence/lifecycle/transition.hpp"

// The steps of which transitions are made. For the files of this decision only.

namespace telltale::step {

/// A refusal that changes nothing.
[[nodiscard]] transition refuse(task_snapshot found, ec code);

/// A snapshot of the row for an event. Its text counts as the runner's.
[[nodiscard]] event_facts facts_of(const task_record& task, event_type type,
                                   const decision_context& context);

/// Starts the next attempt: the fields of the task, and the attempt's row.
[[nodiscard]] attempt_record open_attempt(task_record& task,
                                          const runner_id& runner,
                                          const decision_context& context);

/// The row of the attempt under way, as read or as the task tells it.
[[nodiscard]] attempt_record current_attempt(task_snapshot& found);

/// What was last said of the task, and the one line of it that says why.
void say(task_record& task, redacted_text detail, redacted_text telling_line);

/// The cause that reason and telling line make; none without a reason.
void name_cause(task_record& task);
void name_cause(attempt_record& attempt);

/// Finishes the task in a state that its fields already describe.
void finish(task_record& task, task_status status, settled_by who,
            const decision_context& context);

/// Writes the task's ending into the row of its attempt; its text counts as
/// the runner's.
void close(attempt_record& attempt, const task_record& task);

/// Adds what a runner said beside; sums what it used.
void add_remarks(attempt_remarks& to, const attempt_remarks& more);

/// A finished failure becomes a queued retry; `facts` tells of it.
void put_back(task_record& task, event_facts& facts, timestamp run_after,
              bool awaits_runner);

/// A finished failure becomes a queued retry if the policy wants one; the
/// event tells how the attempt ended and what comes next.
[[nodiscard]] event_facts make_failure_event(task_record& task,
                                             bool kind_is_claimed,
                                             const decision_context& context);

/// A finished success: a recovery if a failure was told before.
[[nodiscard]] event_facts make_success_event(task_record& task,
                                             const decision_context& context);

[[nodiscard]] late_report late_of(const apply_status& report, timestamp now);

/// What a report delivers beside its status.
void take_results(task_record& task, const apply_status& report);

/// A success of an attempt that the reaper had given up.
[[nodiscard]] transition recover(task_snapshot found,
                                 const apply_status& report,
                                 const decision_context& context);

/// The runner's own reason for the end of an attempt that the reaper had given
/// up: it takes the place of the sweep's, and the retry is decided anew.
[[nodiscard]] transition amend(task_snapshot found, const apply_status& report,
                               const decision_context& context);

} // namespace telltale::step

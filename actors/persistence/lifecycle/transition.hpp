#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/persistence/lifecycle/retry_policy.hpp"
#include "actors/persistence/lifecycle/targets.hpp"
#include "messages/error.hpp"
#include "messages/event.hpp"
#include "messages/status_report.hpp"
#include "messages/store.hpp"
#include "messages/task.hpp"

// The lifecycle as a pure function: what a row becomes when somebody says
// something about it. Stores read a snapshot, decide here, and write under the
// guard of the snapshot's version; whoever loses that race reads and decides
// again.

namespace telltale {

/// A task as read, with the attempt that the command is about: the one it
/// names, else the current one. No such row: nothing.
struct task_snapshot {
  task_record task;
  std::optional<attempt_record> attempt;
  /// How often values to mask were registered for the task.
  std::uint32_t masks = 0;
  /// The chat that its session is bound to.
  std::optional<chat_binding> chat{};
  /// A runner claimed, or waited for, a task of its kind within the last day.
  bool kind_is_claimed = false;
};

/// All that a decision depends on beside the rows.
struct decision_context {
  timestamp now{}; ///< the store's clock
  std::chrono::milliseconds lease{};
  const config::retry_config* retry = nullptr; ///< never null
  double chance = 0;                           ///< in [0, 1), for jitter
  attempt_id next_attempt{};   ///< for one that begins, unless it is the first
  std::string_view reported{}; ///< the runner's own word for the reason
};

/// A runner's word that reaches an attempt which is over.
struct late_write {
  std::uint32_t number = 0;
  late_report report;

  bool operator==(const late_write&) const = default;
};

/// What to write, and what to answer.
struct transition {
  ec result = ec::none;
  report_effect effect = report_effect::applied;
  task_record task; ///< as it is afterwards
  /// The task is to be written, guarded by `task.version`.
  bool writes_task = false;
  /// To be inserted, or to replace the row of its number.
  std::optional<attempt_record> attempt;
  redaction_findings findings; ///< of that attempt's detail; empty: keep
  std::optional<late_write> late;
  /// Written with the task. Its id is the store's to give.
  std::optional<event_facts> event;
  /// Whom the event is told, as the store finds; see `choose_targets`.
  std::vector<event_target> targets{};
  /// Deliveries of what the event corrects that nobody has tried.
  std::vector<delivery_id> superseded{};
  bool is_untold = false; ///< people are to hear of the event, and none can
};

/// An earlier write of the same call whose outcome nobody knows: the attempt to
/// which it counted the report (0: there was none) and the version of the task
/// that it was to replace (0: unknown).
struct doubted_write {
  std::uint32_t attempt = 0;
  std::int64_t version = 0;
};

/// A runner's report. One that names no attempt speaks for the first if the
/// current one was claimed: others may be at work since. `doubt` makes a
/// repetition safe even if the report names no attempt.
[[nodiscard]] transition decide_report(task_snapshot found,
                                       const apply_status& report,
                                       const decision_context& context,
                                       doubted_write doubt = {});

/// What is said about an attempt beside how it goes, even one that is over. It
/// renews the lease of one that is under way, not more often than need be.
[[nodiscard]] transition decide_remark(task_snapshot found,
                                       const apply_status& report,
                                       const decision_context& context);

/// Something to be posted: counted into `posted`, and told. `stale_attempt` or
/// `terminal_state` if the attempt is not under way.
[[nodiscard]] transition decide_produced(task_snapshot found,
                                         const apply_status& report,
                                         const decision_context& context,
                                         doubted_write doubt);

/// A job system starts the next attempt by itself: the task waits for it and
/// nobody may claim it. An attempt under way ends as one whose runner
/// restarted. `terminal_state` if the task has succeeded or was cancelled.
[[nodiscard]] transition decide_dispatch(task_snapshot found,
                                         const decision_context& context);

/// A claim of a task that is queued and due; anything else `terminal_state`.
[[nodiscard]] transition decide_claim(task_snapshot found,
                                      const runner_id& runner,
                                      const decision_context& context);

/// A heartbeat that names the task: renews its lease. `stale_attempt` means
/// that the runner must stop. A runner without a name speaks for no named one.
[[nodiscard]] transition decide_beat(task_snapshot found,
                                     const runner_id& runner,
                                     std::optional<std::uint32_t> attempt,
                                     const decision_context& context);

/// A claim whose answer reached nobody: the attempt ends as one whose runner
/// went away, and the task is queued again at once. It costs the task none of
/// its attempts, save that a task of a single attempt is still never retried.
/// `stale_attempt` if anybody has spoken of the task since the claim.
[[nodiscard]] transition decide_return(task_snapshot found,
                                       const claimed_task& claimed,
                                       const decision_context& context);

[[nodiscard]] transition decide_cancel(task_snapshot found,
                                       const decision_context& context);
[[nodiscard]] transition decide_retry(task_snapshot found,
                                      const decision_context& context);

/// What a sweep saw; goes to the attempt as JSON.
struct sweep_evidence {
  std::optional<timestamp> last_sign_of_life; ///< of the task's runner
};

/// A sweep that found the task silent. The store has checked the clock; the
/// state is checked again here, `terminal_state` if it does not fit any more.
[[nodiscard]] transition decide_sweep(task_snapshot found,
                                      const sweep_tasks& sweep,
                                      const sweep_evidence& evidence,
                                      const decision_context& context);

/// What a finished task means to a person; nothing for an unfinished one. The
/// one place where outcomes are made.
[[nodiscard]] std::optional<task_outcome> outcome_of(const task_record& task);

/// Notes on task and event whether there is a chat to be told, as the targets
/// have it; not every event is for people. Of a follow-up the store knows more.
void note_untold(transition& plan);

/// A new task as it goes in: the rules' part of it, and its `task:created`.
[[nodiscard]] transition decide_create(task_record task,
                                       const decision_context& context);

} // namespace telltale

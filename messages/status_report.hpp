#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/error.hpp"
#include "messages/failure_reason.hpp"
#include "messages/redaction.hpp"
#include "messages/task.hpp"
#include "messages/task_status.hpp"
#include "messages/uuid.hpp"

namespace telltale {

/// Who waits for an answer: opaque to all but the actor that made it. When the
/// last copy goes without an answer, that actor answers with a failure, so no
/// caller hangs on a lost message.
struct reply_token {
  std::shared_ptr<void> waiter;
  std::uint64_t sequence = 0; ///< which of the waiter's questions

  bool operator==(const reply_token&) const = default;
};

/// What a report is about.
enum class report_kind : std::uint8_t {
  status,   ///< how the attempt goes or went
  launch,   ///< `running`, of one that asks first: granted once an attempt
  remark,   ///< what is said beside; changes no state, renews the lease
  produced, ///< something to be posted was handed over; renews the lease
};

/// What a runner says beside the status, before redaction.
struct raw_remarks {
  raw_text reported_reason;
  raw_text note;
  raw_text branch_name;
  std::vector<model_usage> usage;

  bool operator==(const raw_remarks&) const = default;
};

/// What a report of kind `produced` hands over. Its body is the report's
/// detail.
struct produced_part {
  std::string part;        ///< which call, such as `finalize`
  std::uint32_t count = 0; ///< how many things are to be posted

  bool operator==(const produced_part&) const = default;
};

/// What a runner says about a task, in either dialect, before its texts were
/// redacted.
struct status_report {
  task_id task;
  task_status status = task_status::running;
  /// Absent: the first attempt, if the current one was claimed, else the
  /// current one.
  std::optional<std::uint32_t> attempt;
  std::optional<telltale::failure_reason>
      failure_reason; ///< as the runner named it
  std::optional<runner_id> runner;
  std::optional<std::int64_t> posted; ///< how many things the run posted, >= 0
  std::optional<bool> intended_empty; ///< rightly nothing to post
  raw_text detail;
  raw_text result_url;
  std::vector<raw_text> mask; ///< values to mask in this task's texts
  report_kind kind = report_kind::status;
  raw_remarks remarks;
  produced_part produced; ///< of that kind alone

  bool operator==(const status_report&) const = default;
};

/// A report that is fit for the store: texts redacted, reason settled.
struct apply_status {
  task_id task;
  task_status status = task_status::running;
  std::optional<std::uint32_t> attempt;
  std::optional<telltale::failure_reason>
      failure_reason; ///< always there if the status is a failure
  std::optional<runner_id> runner;
  std::optional<std::int64_t> posted;
  std::optional<bool> intended_empty;
  redacted_text detail;       ///< empty: the report had none
  redacted_text telling_line; ///< of `detail`: what a person would quote
  redacted_text result_url;
  redaction_findings findings; ///< in `detail`
  sealed_masks mask;           ///< values that the report registers; often none
  report_kind kind = report_kind::status;
  attempt_remarks remarks;
  produced_part produced;

  bool operator==(const apply_status&) const = default;
};

/// What the store knows of a task's values to mask.
struct task_masks {
  task_id task;
  std::uint32_t count = 0;          ///< how often values were registered
  std::vector<sealed_masks> sealed; ///< all that are there, oldest first

  bool operator==(const task_masks&) const = default;
};

/// What became of a report.
enum class report_effect : std::uint8_t {
  applied,   ///< the task changed, or its lease was renewed
  repeated,  ///< it was so already; nothing changed
  recovered, ///< a late success took the place of a failure
  amended,   ///< the runner's own reason took the place of a sweep's
};

/// One report on its way through the pipeline, with who waits for it. The same
/// element travels through all actors, so that a batch is moved and never
/// copied: `raw` stays closed to all but redaction, `ready` is filled by
/// redaction and status_intake, `result` by persistence.
struct pending_report {
  reply_token reply;
  status_report raw;
  apply_status ready;
  ec result = ec::none; ///< none: committed
  report_effect effect = report_effect::applied;
  std::uint32_t attempt = 0; ///< the attempt that the report was counted to
  /// The version of the task that a write was to replace whose answer was lost;
  /// 0: none was.
  std::int64_t doubted_version = 0;
  /// How many of the task's registrations of values to mask `ready` was masked
  /// with. If the store has more, the report goes through redaction again.
  std::uint32_t masks_known = 0;
};

/// Many reports in one message, owned by whoever holds it last.
using report_batch = std::shared_ptr<std::vector<pending_report>>;

} // namespace telltale

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/failure_reason.hpp"
#include "messages/redaction.hpp"
#include "messages/task_status.hpp"
#include "messages/time.hpp"
#include "messages/uuid.hpp"

namespace telltale {

/// Who said the text of a failure.
enum class detail_origin : std::uint8_t { runner, platform };

[[nodiscard]] std::string to_string(detail_origin origin);
[[nodiscard]] std::optional<detail_origin>
parse_detail_origin(std::string_view text);

/// One piece of work asked for, as the store has it.
struct task_record {
  task_id id;
  std::string kind;
  redacted_text title;
  std::string input = "null";  ///< JSON text, handed to the runner as it came
  std::string labels = "null"; ///< JSON text

  task_status status = task_status::queued;
  std::optional<task_outcome> outcome; ///< set once it is terminal
  std::uint32_t attempt = 0;           ///< 0: none was started yet
  attempt_id current_attempt;          ///< of that one; nil: none was started
  std::uint32_t max_attempts = 1;
  std::optional<telltale::failure_reason>
      failure_reason;         ///< set on every failure
  redacted_text error_detail; ///< empty: none
  redacted_text telling_line; ///< the one line of it that says why
  std::string cause; ///< fingerprint of a failure; empty: it did not fail
  std::optional<telltale::settled_by>
      settled_by; ///< who wrote the present terminal state,
                  ///< or closed the attempt before a retry

  std::optional<std::int64_t> posted;
  std::optional<bool> intended_empty;
  redacted_text result_url;

  runner_id runner; ///< of the current attempt
  agent_id agent;
  issue_id issue;
  workspace_id workspace;
  chat_session_id chat_session;
  redacted_text source_url;
  std::int32_t priority = 0; ///< higher is claimed first

  timestamp created_at{};
  std::optional<timestamp> run_after; ///< not to be claimed before
  std::optional<timestamp> started_at;
  std::optional<timestamp> completed_at;
  std::optional<timestamp> lease_expires_at; ///< on active tasks only
  /// The task's own wall clock; absent: the configured one; 0: none.
  std::optional<std::chrono::seconds> timeout;
  /// A deferred retry of `runtime_offline` waits for a runner to be seen again.
  bool awaits_runner = false;
  /// A runner has claimed it once. A task that a job system starts never is:
  /// nobody would claim its retry.
  bool claimed = false;
  /// Its request itself named `max_attempts`.
  bool asks_attempts = false;
  /// A failure of it was final, and no success has followed.
  bool failure_told = false;
  /// No chat was there to be told of its last failure, or of what corrects it.
  bool untold = false;

  std::string created_by;  ///< name of the token that made it; empty: none
  runner_id wanted_runner; ///< only it may claim the task; empty: any may
  bool dispatched = false; ///< a job system starts it: nobody may claim it

  std::int64_t version = 0; ///< counts writes; every write is guarded by it

  bool operator==(const task_record&) const = default;
};

/// A report that came after its attempt was over.
struct late_report {
  task_status status{};
  std::optional<telltale::failure_reason> failure_reason;
  redacted_text detail;
  timestamp at{};

  bool operator==(const late_report&) const = default;
};

/// What a run used of one model.
struct model_usage {
  std::string model; ///< empty: the runner did not say
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cache_read_tokens = 0;
  std::int64_t cache_write_tokens = 0;
  double cost_usd = 0;

  bool operator==(const model_usage&) const = default;
};

/// What a runner says about an attempt beside how it goes.
struct attempt_remarks {
  /// The word that it said for a reason, if the reason is not that very word.
  redacted_text reported_reason;
  redacted_text note; ///< what it is at, or what a cancelled run left
  redacted_text branch_name;
  std::vector<model_usage> usage; ///< summed, at most `most_models`
  bool launched = false;          ///< its runner was granted the launch

  static constexpr std::size_t most_models = 20;

  bool operator==(const attempt_remarks&) const = default;
};

/// One try at a task by one runner. It keeps its reason and detail for ever.
struct attempt_record {
  task_id task;
  std::uint32_t number = 1;
  attempt_id id; ///< of the first: the task's
  runner_id runner;
  timestamp started_at{};
  std::optional<timestamp> ended_at;
  task_status status = task_status::running;
  std::optional<telltale::failure_reason> failure_reason;
  redacted_text error_detail;
  redacted_text telling_line;
  std::string cause;                   ///< as of a task
  std::optional<detail_origin> origin; ///< of `error_detail`; nothing: empty
  std::optional<telltale::settled_by> settled_by;
  bool claimed = false; ///< it was begun by a claim, not by a report
  std::string evidence; ///< JSON text a sweep left; empty: none
  std::optional<late_report> late;
  attempt_remarks remarks;

  bool operator==(const attempt_record&) const = default;
};

/// What the runner of an attempt is to see of its task: how the attempt ended
/// once it is over, and `failed` when a newer one has begun. `number` 0 is the
/// current one.
[[nodiscard]] task_status
status_seen_by(const task_record& task,
               const std::vector<attempt_record>& attempts,
               std::uint32_t number);

/// Where a chat session's messages go.
struct chat_binding {
  chat_session_id session;
  std::string relay; ///< name of a configured relay
  std::string chat_id;
  std::string thread_id;         ///< empty: none
  std::string reply_to;          ///< message to reply to; empty: none
  std::int32_t channel_type = 0; ///< Octo: 1 direct, 2 group, 5 topic; 0 unset
  std::string locale;            ///< empty: the relay's

  bool operator==(const chat_binding&) const = default;
};

/// The states of a delivery. `superseded`: it was never tried, and another has
/// the truth that it did not know.
enum class delivery_state : std::uint8_t { pending, sent, dead, superseded };

[[nodiscard]] std::string to_string(delivery_state state);
[[nodiscard]] std::optional<delivery_state>
parse_delivery_state(std::string_view text);

/// One event's way to one relay target, as operators see it.
struct delivery_record {
  delivery_id id; ///< also the idempotency key that the other side sees
  event_id event;
  task_id task;
  std::string relay;
  std::string chat_id; ///< empty for targets without chats
  bool routed = false; ///< a route named its target
  delivery_state state = delivery_state::pending;
  std::uint32_t tries = 0;
  std::optional<timestamp> next_try_at;
  std::string last_error; ///< empty: none; never holds a credential
  std::optional<timestamp> sent_at;
  std::string message_id; ///< what the other side called the message
  redacted_text text;     ///< what people read, once it was sent
  /// While an operator's mute holds it back.
  std::optional<timestamp> muted_until{};
  timestamp created_at{}; ///< when its event was committed

  bool operator==(const delivery_record&) const = default;
};

} // namespace telltale

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/due_delivery.hpp"
#include "messages/task.hpp"

namespace telltale {

/// The kinds of event on the log and the stream.
enum class event_type : std::uint8_t {
  task_created,
  task_started,
  task_succeeded,
  task_failed,
  task_cancelled,
  task_amended, ///< a failure's reason, told before, was only a guess
  task_recovered,
  task_produced,
  delivery_sent,
  delivery_dead,
};

/// `task:failed` and so on.
[[nodiscard]] std::string to_string(event_type type);
[[nodiscard]] std::optional<event_type> parse_event_type(std::string_view);

/// The facts of one event: a snapshot of the row as committed, written in the
/// transaction that caused it. Everything that is ever told is a pure function
/// of it.
struct event_facts {
  event_id id;
  event_type type = event_type::task_created;
  timestamp occurred_at{};

  task_id task;
  std::uint32_t attempt = 0;
  std::uint32_t max_attempts = 1;
  std::string kind;
  redacted_text title;
  chat_session_id chat_session;
  workspace_id workspace;
  agent_id agent;
  issue_id issue;
  task_status status = task_status::queued; ///< how the attempt ended, even if
                                            ///< the task is queued again
  std::optional<task_outcome> outcome;
  std::optional<telltale::failure_reason> failure_reason;
  redacted_text error;
  redacted_text telling_line; ///< the one line of `error` that says why
  std::string cause;          ///< fingerprint of a failure; empty: none
  std::optional<detail_origin> origin; ///< set if `error` is not empty
  bool will_retry = false;             ///< another attempt is coming
  std::optional<timestamp> retry_at;   ///< not before

  /// Of `task:produced` alone: what there is to post.
  std::string part;
  std::uint32_t produced = 0; ///< how many things
  redacted_text body;

  runner_id wanted_runner; ///< only it may claim the task; empty: any may

  /// Of a `delivery:*` event alone.
  std::optional<delivery_id> delivery;
  std::string relay;

  std::optional<event_id> amended{}; ///< of `task:amended`: what it corrects

  bool operator==(const event_facts&) const = default;
};

/// An event as its transaction committed it.
struct committed_event : event_facts {
  std::int64_t position = 0;        ///< on the log
  std::vector<due_delivery> leased; ///< deliveries to be made here and now
  std::vector<std::string> waiting; ///< relays that have others to take
  bool untold = false; ///< people are to hear of it, and no chat is there

  bool operator==(const committed_event&) const = default;
};

/// An event as subscribers get it.
struct published_event {
  std::int64_t position = 0; ///< ascending, in the order of commits; with gaps
  event_id id;
  event_type type = event_type::task_created;
  task_id task;
  std::string chat_session; ///< empty: none
  /// The JSON that subscribers get; empty if nobody asked for it.
  std::string envelope;
  std::string kind{}; ///< the task's; empty: the sender does not know
  std::optional<timestamp> retry_at;
  runner_id wanted_runner{};

  bool operator==(const published_event&) const = default;
};

/// Events that were committed a moment ago, from whichever path.
struct events_committed {
  std::vector<committed_event> events;
};

/// Events in the order of their positions.
struct events_published {
  std::vector<published_event> events;
  /// Nothing was published between this position and the first event; -1: the
  /// sender does not know.
  std::int64_t after = -1;
};

} // namespace telltale

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/call_ticket.hpp"
#include "messages/event.hpp"
#include "messages/mutes.hpp"
#include "messages/task.hpp"
#include "messages/told.hpp"

// Requests to persistence and its answers. Requests are imperative, answers
// participles. Every answer means: committed.

namespace telltale {

// --- operators ---------------------------------------------------------------

/// Makes a task, or finds the one that the same key made before.
struct create_task {
  task_record task;            ///< id, texts and limits are set by the sender
  std::string idempotency_key; ///< empty: none
  call_ticket ticket{};        ///< asked only if there is no key

  bool operator==(const create_task&) const = default;
};

struct task_created {
  task_record task;
  bool repeated = false; ///< true: the key was known, `task` is the first one
  /// Where a failure would be told, as things are now; empty: to nobody.
  std::vector<tell_target> tells{};

  bool operator==(const task_created&) const = default;
};

/// Fails with `task_not_found` or `not_cancellable`.
struct cancel_task {
  task_id task;

  bool operator==(const cancel_task&) const = default;
};

/// Fails with `task_not_found` or `not_retryable`.
struct retry_task {
  task_id task;
  /// The caller starts the next attempt by itself: nobody may claim it. An
  /// attempt that is under way ends. Fails with `terminal_state` if the task
  /// has succeeded or was cancelled.
  bool dispatched = false;

  bool operator==(const retry_task&) const = default;
};

struct task_changed {
  task_record task;

  bool operator==(const task_changed&) const = default;
};

// --- runners -----------------------------------------------------------------

/// Takes up to `limit` due tasks of these kinds (empty: any) for a runner;
/// those that want it first.
struct claim_tasks {
  runner_id runner;
  std::vector<std::string> kinds;
  std::uint32_t limit = 1; ///< 1 to 100
  sealed_masks mask{};     ///< values to mask in the texts of these tasks
  call_ticket ticket{};
  /// Tasks that want this runner come to it whatever their kind.
  bool wanted_of_any_kind = false;

  bool operator==(const claim_tasks&) const = default;
};

struct tasks_claimed {
  std::vector<task_record> tasks; ///< running, with their lease
  /// If there was nothing: when the next deferred task is due, if one is.
  std::optional<timestamp> next_due;

  bool operator==(const tasks_claimed&) const = default;
};

/// A claimed task as the claim left it.
struct claimed_task {
  task_id task;
  std::uint32_t attempt = 0;
  std::int64_t version = 0; ///< nobody has said a word about it since

  bool operator==(const claimed_task&) const = default;
};

/// The answer to a claim reached nobody: its tasks go back to the queue at
/// once. Those that somebody has spoken of since stay as they are.
struct return_tasks {
  std::vector<claimed_task> tasks;

  bool operator==(const return_tasks&) const = default;
};

struct tasks_returned {
  std::uint32_t returned = 0;

  bool operator==(const tasks_returned&) const = default;
};

struct held_task {
  task_id task;
  std::optional<std::uint32_t> attempt;

  bool operator==(const held_task&) const = default;
};

/// A sign of life; renews the lease of the tasks it names.
struct beat_heart {
  runner_id runner; ///< empty: one that has no name, but asks for its task
  std::vector<held_task> tasks;

  bool operator==(const beat_heart&) const = default;
};

struct heart_beaten {
  timestamp lease_expires_at{};
  std::vector<task_id> stop;    ///< tasks that are not this runner's to work on
  bool runner_returned = false; ///< it was silent or unknown before

  bool operator==(const heart_beaten&) const = default;
};

// --- the reaper --------------------------------------------------------------

/// The ways in which silence is found; see docs/task_lifecycle.md.
enum class sweep_kind : std::uint8_t {
  queue_ttl,
  runner_offline,
  reconnect,
  lease,
  wall_clock,
  recovery,
  retry_not_taken,
  deregistered,
};

[[nodiscard]] std::string to_string(sweep_kind kind);

/// How a sweep ends a task.
struct sweep_ending {
  telltale::failure_reason failure_reason;
  redacted_text sentinel;
  task_status status = task_status::failed; ///< failed or timed_out

  bool operator==(const sweep_ending&) const = default;
};

/// Settles at most `limit` silent tasks with one reason and one sentence. One
/// whose retry nobody took keeps the reason of the attempt that failed.
struct sweep_tasks {
  sweep_kind kind = sweep_kind::lease;
  std::chrono::milliseconds threshold{}; ///< how long is too long
  telltale::failure_reason failure_reason;
  redacted_text sentinel;
  task_status status = task_status::failed; ///< failed or timed_out
  std::uint32_t limit = 500;
  runner_id runner; ///< of `recovery` and `deregistered` alone
  /// Of `lease` alone: the ending of a task whose runner was not heard of since
  /// its lease ended.
  std::optional<sweep_ending> unheard{};

  bool operator==(const sweep_tasks&) const = default;
};

struct tasks_swept {
  std::uint32_t settled = 0;
  std::uint32_t retried = 0; ///< of these: those that get another attempt
  bool more = false;         ///< the limit was reached: ask again at once

  bool operator==(const tasks_swept&) const = default;
};

/// Asks for the truth invariants over what finished lately.
struct check_truth {
  std::chrono::milliseconds window{};

  bool operator==(const check_truth&) const = default;
};

struct truth_checked {
  std::uint64_t violations = 0;
  std::string first; ///< which invariant, which task; empty if none

  bool operator==(const truth_checked&) const = default;
};

// --- retention ---------------------------------------------------------------

/// What goes when it is old enough, in this order: a task's deliveries and
/// events before the task.
enum class prune_kind : std::uint8_t {
  sent_deliveries, ///< those that nobody waits for
  events,          ///< published, and of no delivery that may yet be sent
  finished_tasks,  ///< with attempts and sent deliveries
  runners,         ///< unseen for that long, with nothing under way
};

[[nodiscard]] std::string to_string(prune_kind kind);

/// Deletes at most `limit` rows that are older than `age`.
struct prune_old {
  prune_kind kind = prune_kind::finished_tasks;
  std::chrono::milliseconds age{};
  std::uint32_t limit = 500;

  bool operator==(const prune_old&) const = default;
};

struct old_pruned {
  std::uint32_t pruned = 0;
  bool more = false; ///< the limit was reached

  bool operator==(const old_pruned&) const = default;
};

// --- readers -----------------------------------------------------------------

/// By its id or that of one of its attempts.
struct find_task {
  task_id task;
  call_ticket ticket{};

  bool operator==(const find_task&) const = default;
};

struct task_found {
  task_record task;
  std::vector<attempt_record> attempts;    ///< by number
  std::vector<delivery_record> deliveries; ///< oldest first
  /// The attempt that has the id which was asked for: the first, if that is the
  /// task's own, whether it has begun or not.
  std::uint32_t asked = 1;
  std::optional<told_summary> told{}; ///< nothing: nobody was to be told
  timestamp found_at{};               ///< by the database's clock

  bool operator==(const task_found&) const = default;
};

/// Where a page of a list begins: after this row.
struct page_cursor {
  timestamp created_at{};
  uuid id;

  bool operator==(const page_cursor&) const = default;
};

/// Newest first. Every filter that is there must hold.
struct list_tasks {
  std::optional<task_status> status;
  std::optional<task_outcome> outcome;
  std::optional<std::string> failure_reason;
  std::optional<std::string> cause; ///< a fingerprint
  std::optional<std::string> kind;
  std::optional<runner_id> runner;
  std::optional<chat_session_id> chat_session;
  std::optional<timestamp> since;
  std::optional<timestamp> until;
  std::optional<told_state> told;
  std::string words; ///< in title and error_detail; empty: any
  std::optional<page_cursor> after;
  std::uint32_t limit = 50; ///< 1 to 200
  call_ticket ticket{};

  bool operator==(const list_tasks&) const = default;
};

/// A task in a list.
struct listed_task : task_record {
  std::optional<told_summary> told{}; ///< nothing: nobody was to be told

  bool operator==(const listed_task&) const = default;
};

struct tasks_listed {
  std::vector<listed_task> tasks;
  std::optional<page_cursor> next; ///< nothing: this was the last page

  bool operator==(const tasks_listed&) const = default;
};

/// Is the database there, and does its schema fit this program?
struct check_store {
  bool tries_write = false; ///< also writes a few MB and takes them back

  bool operator==(const check_store&) const = default;
};

struct store_checked {
  bool reachable = false;
  std::uint32_t schema_version = 0;
  bool migrations_current = false;
  std::vector<disabled_relay> disabled{}; ///< by name

  bool operator==(const store_checked&) const = default;
};

// --- chat sessions -----------------------------------------------------------

struct bind_chat {
  chat_binding binding;

  bool operator==(const bind_chat&) const = default;
};

/// Fails with `chat_session_not_found`.
struct unbind_chat {
  chat_session_id session;

  bool operator==(const unbind_chat&) const = default;
};

/// All bindings, or the one of `session`; by session, at most `limit`.
struct list_chats {
  std::optional<chat_session_id> session;
  chat_session_id after; ///< empty: from the start
  std::uint32_t limit = 200;
  call_ticket ticket{};

  bool operator==(const list_chats&) const = default;
};

struct chats_listed {
  std::vector<chat_binding> bindings;

  bool operator==(const chats_listed&) const = default;
};

// --- the event log -----------------------------------------------------------

/// Published events after a position, in order.
struct read_events {
  std::int64_t after = 0;
  std::uint32_t limit = 500;
  bool envelopes = true; ///< false: without them, which costs much less

  bool operator==(const read_events&) const = default;
};

/// The log's answer to `read_events`: no deliveries with them.
struct events_found {
  std::vector<committed_event> events;
  std::int64_t newest = 0; ///< the highest position that is committed
  std::int64_t oldest = 0; ///< the lowest one kept; 0 if there is none
};

/// The same answer as subscribers get it.
struct events_read {
  std::vector<published_event> events;
  std::int64_t newest = 0; ///< the highest position that is committed
  std::int64_t oldest = 0; ///< the lowest one kept; 0 if there is none
};

} // namespace telltale

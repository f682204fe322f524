#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pqxx/pqxx>

#include "messages/redaction.hpp"
#include "messages/task.hpp"

// Rows of tasks and attempts as PostgreSQL sends them.

namespace telltale {

/// What decisions need: all but what stands below.
inline constexpr std::string_view task_columns =
    "t.id, t.version, t.status, t.outcome, t.settled_by, t.attempt, "
    "t.max_attempts, t.failure_reason, t.error_detail, t.telling_line, "
    "t.cause, t.posted, "
    "t.intended_empty, t.result_url, t.runner_id, t.run_after, t.started_at, "
    "t.completed_at, t.lease_expires_at, t.awaits_runner, t.timeout_seconds, "
    "t.priority, t.created_at, t.kind, t.title, t.chat_session_id, "
    "t.agent_id, t.issue_id, t.workspace_id, t.current_attempt, t.claimed, "
    "t.asks_attempts, t.failure_told, t.untold, t.wanted_runner, t.dispatched";
inline constexpr int task_column_count = 36;

/// What people and runners get beside them.
inline constexpr std::string_view more_task_columns =
    "t.source_url, t.labels, t.input, t.created_by";
inline constexpr int more_task_column_count = 4;

/// Both.
[[nodiscard]] inline std::string whole_task_columns() {
  return std::string{task_columns}.append(", ").append(more_task_columns);
}

inline constexpr std::string_view attempt_columns =
    "a.number, a.runner_id, a.started_at, a.ended_at, a.status, "
    "a.failure_reason, a.error_detail, a.telling_line, a.cause, "
    "a.settled_by, a.evidence, a.late_report, "
    "a.id, a.claimed, a.detail_origin, a.remarks";
inline constexpr int attempt_column_count = 16;

/// Readers throw `std::runtime_error` on a value that no version of this
/// program writes.
[[nodiscard]] std::string_view text_of(const pqxx::field& field);
[[nodiscard]] timestamp moment_of(const pqxx::field& field);
[[nodiscard]] std::optional<timestamp> maybe_moment(const pqxx::field& field);
[[nodiscard]] uuid uuid_of(const pqxx::field& field);

/// `task_columns` from column `first` on.
[[nodiscard]] task_record read_task(const pqxx::row& row, int first);
/// `more_task_columns` from column `first` on.
void read_more(task_record& task, const pqxx::row& row, int first);

/// `whole_task_columns` from column `first` on.
[[nodiscard]] task_record read_whole_task(const pqxx::row& row, int first);

/// `attempt_columns` from column `first` on; nothing if there is no such row.
[[nodiscard]] std::optional<attempt_record>
read_attempt(task_id task, const pqxx::row& row, int first);

/// Whether runners claim tasks of this kind; see `claimed_kinds`.
inline constexpr std::string_view kind_is_claimed =
    "EXISTS (SELECT FROM claimed_kinds k WHERE k.kind = ANY(ARRAY['', t.kind]) "
    "AND k.claimed_at > now() - interval '1 day')";

/// The chat that a task's session is bound to.
inline constexpr std::string_view binding_columns =
    "c.id, c.relay, c.chat_id, c.thread_id, c.reply_to, c.channel_type, "
    "c.locale";
inline constexpr int binding_column_count = 7;

/// `binding_columns` from column `first` on; nothing if there is no such row.
[[nodiscard]] std::optional<chat_binding> read_binding(const pqxx::row& row,
                                                       int first);

[[nodiscard]] std::string write_late_report(const late_report& report);
[[nodiscard]] std::optional<late_report> read_late_report(std::string_view);
/// Empty if there are none.
[[nodiscard]] std::string write_remarks(const attempt_remarks& remarks);
[[nodiscard]] attempt_remarks read_remarks(std::string_view text);
/// `{"class": count}`; empty if there are none.
[[nodiscard]] std::string write_findings(const redaction_findings& findings);

} // namespace telltale

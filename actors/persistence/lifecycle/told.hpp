#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "messages/task.hpp"
#include "messages/told.hpp"

namespace telltale {

/// What became of telling people of a task's newest terminal failure, late
/// success or amendment: of each chat its newest delivery counts, of several
/// chats the best. Hooks tell nobody, unless a route names them. Nothing if
/// people were not to hear of the task. `deliveries` are all of the task's,
/// oldest first.
[[nodiscard]] std::optional<told_summary>
summarize_told(const task_record& task,
               const std::vector<delivery_record>& deliveries);

/// The same as a number in SQL, for filters: the order of `told_state`, or
/// NULL. Of `tasks t`; a test holds it to the function.
inline constexpr std::string_view told_rank =
    R"(CASE WHEN t.untold THEN 4 ELSE (
  SELECT min(CASE WHEN n.state = 'sent' THEN 0 WHEN n.state = 'dead' THEN 3
                  WHEN n.muted THEN 1 ELSE 2 END)
  FROM (SELECT DISTINCT ON (d.relay, d.chat_id) d.state,
               EXISTS (SELECT FROM mutes m WHERE m.relay = ANY(ARRAY[d.relay])
                       AND m.chat_id IN ('', d.chat_id)
                       AND m.until > now()) AS muted
        FROM deliveries d
        WHERE d.task_id = ANY(ARRAY[t.id]) AND (d.chat_id <> '' OR d.routed)
          AND d.state <> 'superseded'
        ORDER BY d.relay, d.chat_id, d.created_at DESC, d.id DESC) n) END)";

} // namespace telltale

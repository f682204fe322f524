#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <pqxx/pqxx>

#include "actors/persistence/lifecycle/transition.hpp"
#include "actors/persistence/postgres/delivery_writes.hpp"

namespace telltale {

/// The one statement that changes tasks: tasks under the guard of their
/// version, their attempts, words that came late, and then, under the lock that
/// writers of events take turns with until their commit, the events with their
/// positions.
[[nodiscard]] std::string write_statement();
inline constexpr const char* write_statement_name = "write_transitions";

/// A task that was written.
struct written_task {
  std::int64_t position = 0; ///< of its event; 0: it has none
  told_event told;           ///< its event's deliveries
};
using written_tasks = std::unordered_map<task_id, written_task>;

/// Runs it for transitions of different tasks, then writes the deliveries of
/// their events, and gives the tasks that were written; one that is missing
/// lost a race and left no trace. `transaction` may be no real one if none of
/// them has targets: then it is a single statement.
[[nodiscard]] written_tasks
write_transitions(pqxx::transaction_base& transaction,
                  std::span<const transition* const> transitions,
                  const std::vector<relay_target>& relays);

/// The event of a task that was written.
[[nodiscard]] committed_event as_committed(transition& plan,
                                           written_task& written);

} // namespace telltale

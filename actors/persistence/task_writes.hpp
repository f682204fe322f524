#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <pqxx/pqxx>

#include "actors/persistence/transition.hpp"

namespace telltale {

/// The one statement that changes tasks: tasks under the guard of their
/// version, their attempts, words that came late, and then, under the lock that
/// writers of events take turns with until their commit, the events with their
/// positions.
[[nodiscard]] std::string write_statement();
inline constexpr const char* write_statement_name = "write_transitions";

/// Runs it for transitions of different tasks and gives the tasks that were
/// written, each with the position of its event (0: it has none); one that is
/// missing lost a race and left no trace. `transaction` may be one of its own,
/// since it is a single statement.
[[nodiscard]] std::unordered_map<task_id, std::int64_t>
write_transitions(pqxx::transaction_base& transaction,
                  std::span<const transition* const> transitions);

} // namespace telltale

#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <pqxx/pqxx>

#include "actors/persistence/transition.hpp"

namespace telltale {

/// The one statement that changes tasks: tasks under the guard of their
/// version, their attempts, their events, and words that came late.
[[nodiscard]] std::string write_statement();
inline constexpr const char* write_statement_name = "write_transitions";

/// Runs it for transitions of different tasks and gives the tasks that were
/// written; one that is missing lost a race and left no trace. `transaction`
/// may be one of its own, since it is a single statement.
[[nodiscard]] std::unordered_set<task_id>
write_transitions(pqxx::transaction_base& transaction,
                  std::span<const transition* const> transitions);

} // namespace telltale

#pragma once

#include <pqxx/pqxx>

#include "actors/persistence/postgres/pg_connection.hpp"
#include "messages/status_report.hpp"

// Values that runners want masked, as rows: sealed, one row per registration.

namespace telltale {

/// The statements that the functions below run.
[[nodiscard]] statement_list mask_statements();

/// Registers values for a task; false if there is no such task, or if it has
/// all the registrations that it may have. The task's version moves on, so that
/// a report which was decided without them is decided again.
bool insert_mask(pqxx::transaction_base& transaction, task_id task,
                 const sealed_masks& mask);

/// Drops the values of tasks that have been over for a day.
void forget_masks(pqxx::transaction_base& transaction);

} // namespace telltale

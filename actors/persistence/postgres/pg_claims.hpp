#pragma once

#include "actors/persistence/postgres/pg_connection.hpp"

namespace telltale {

/// The statements that look into the queue.
[[nodiscard]] statement_list queue_statements();

/// Those and the ones that claim tasks.
[[nodiscard]] statement_list claim_statements();

} // namespace telltale

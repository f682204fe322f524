#pragma once

#include "actors/persistence/postgres/pg_connection.hpp"

namespace telltale {

/// The statements that make tasks.
[[nodiscard]] statement_list create_statements();

} // namespace telltale

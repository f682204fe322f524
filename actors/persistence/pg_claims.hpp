#pragma once

#include "actors/persistence/pg_connection.hpp"

namespace telltale {

/// The statements that claim tasks.
[[nodiscard]] statement_list claim_statements();

} // namespace telltale

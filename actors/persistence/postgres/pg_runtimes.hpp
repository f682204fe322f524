#pragma once

#include "actors/persistence/postgres/pg_connection.hpp"

namespace telltale {

/// The statements about runners that register by themselves.
[[nodiscard]] statement_list runtime_statements();

} // namespace telltale

#pragma once

#include "actors/persistence/postgres/pg_connection.hpp"

namespace telltale {

/// The statements that note runners' signs of life.
[[nodiscard]] statement_list sign_statements();

} // namespace telltale

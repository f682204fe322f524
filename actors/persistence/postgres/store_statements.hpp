#pragma once

#include <string>
#include <vector>

#include "actors/persistence/postgres/pg_connection.hpp"

// What the stores prepare: each connection is made with one of these lists, and
// a test reads the plans of all of them.

namespace telltale {

[[nodiscard]] statement_list task_store_statements();
[[nodiscard]] statement_list event_log_statements();
[[nodiscard]] statement_list delivery_statements();
[[nodiscard]] statement_list redelivery_statements();
[[nodiscard]] statement_list retention_statements();
[[nodiscard]] statement_list search_statements();
[[nodiscard]] statement_list statistics_statements();

/// The statements of one store, as its connection has them.
struct store_statements {
  std::string store;
  planning plans = planning::by_shape;
  statement_list statements;
};

[[nodiscard]] std::vector<store_statements> all_statements();

} // namespace telltale

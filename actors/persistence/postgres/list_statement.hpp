#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/deliveries.hpp"
#include "messages/store.hpp"

// Pure: how a list is asked for, so that an index serves every filter.

namespace telltale {

/// Conditions with their parameters, joined by AND.
class filter {
public:
  /// `condition` says `$?` where the value goes, once or more often.
  void add(std::string condition, std::string value);
  /// One without a value.
  void add(const std::string& condition);
  /// A row comparison with both parts of a cursor.
  void add_after(const page_cursor& cursor, const std::string& table);
  /// A value that no condition here names; its place, such as `$3`.
  [[nodiscard]] std::string bind(std::string value);

  /// With its WHERE; empty if there is no condition.
  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
  [[nodiscard]] const std::vector<std::string>& values() const noexcept {
    return values_;
  }

private:
  std::string sql_;
  std::vector<std::string> values_;
};

/// The parts of `tasks` that `what` can be found in, as conditions that imply
/// the predicate of the index of that part: open tasks, all
/// that are finished, or those with one outcome. Never empty.
[[nodiscard]] std::vector<std::string> parts_of(const list_tasks& what);

struct list_statement {
  std::string sql;
  std::vector<std::string> values;
};

/// Selects `columns` of `tasks t`, newest first, one row more than a page has:
/// it tells whether there is another page. `columns` name `created_at`, `id`.
[[nodiscard]] list_statement statement_of(const list_tasks& what,
                                          std::string_view columns);

/// The same of `deliveries d`.
[[nodiscard]] list_statement statement_of(const list_deliveries& what,
                                          std::string_view columns);

/// How far the table of words has come, as the database writes it.
struct word_progress {
  std::string ended_at; ///< empty: there is no index
  std::string task;
};

/// The same rows, found by the index of words; what that has not got yet is
/// looked at one by one. For a search of which `indexed_patterns` has some.
[[nodiscard]] list_statement searched_statement(const list_tasks& what,
                                                std::string_view columns,
                                                const word_progress& have);

} // namespace telltale

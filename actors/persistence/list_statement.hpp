#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/store.hpp"

// Pure: how a list is asked for, so that an index serves every filter.

namespace telltale {

/// Conditions with their parameters, joined by AND.
class filter {
public:
  /// `condition` says `$?` where the value goes, once or more often.
  void add(std::string condition, std::string value);
  /// A row comparison with both parts of a cursor.
  void add_after(const page_cursor& cursor, const std::string& table);

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

} // namespace telltale

#include "actors/gateway/wire/dialects.hpp"

#include <algorithm>
#include <array>

namespace telltale {

namespace {

/// A state in both dialects.
struct dialect_row {
  task_status status;
  bool reported;
  std::string_view daemon;
};

constexpr std::array rows{
#define TELLTALE_DIALECT_STATUS(status, reported, daemon)                      \
  dialect_row{task_status::status, reported, daemon},
#define TELLTALE_DIALECT_FIELD(meaning, first, daemon)
#include "actors/gateway/wire/dialects.def"
#undef TELLTALE_DIALECT_FIELD
#undef TELLTALE_DIALECT_STATUS
};

const dialect_row& row_of(task_status status) {
  return *std::ranges::find(rows, status, &dialect_row::status);
}

} // namespace

bool is_reported(task_status status) {
  return row_of(status).reported;
}

std::string reported_statuses() {
  std::string all;
  for (const auto& row : rows)
    if (row.reported)
      all += (all.empty() ? "" : ", ") + to_string(row.status);
  return all;
}

std::string_view daemon_word(task_status status) {
  return row_of(status).daemon;
}

} // namespace telltale

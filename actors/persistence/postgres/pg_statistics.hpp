#pragma once

#include "actors/persistence/postgres/pg_connection.hpp"
#include "actors/persistence/store.hpp"

namespace telltale {

/// Reasons that an answer names; those of fewer failures are `other`.
inline constexpr int most_stats_reasons = 50;

/// Counts on PostgreSQL, over a connection of its own. Each answer is read in
/// one repeatable-read transaction, so that its parts agree.
class pg_statistics final : public statistics_store {
public:
  explicit pg_statistics(pg_options options);

  caf::expected<stats_read> read(const read_stats&) override;
  caf::expected<runners_listed> list(const list_runners&) override;
  caf::expected<causes_listed> list(const list_causes&) override;

private:
  pg_connection db_;
};

/// Of pg_causes.cpp.
[[nodiscard]] statement_list cause_statements();

} // namespace telltale

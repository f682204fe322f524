#pragma once

#include <chrono>

#include "actors/persistence/postgres/pg_connection.hpp"
#include "actors/persistence/store.hpp"

namespace telltale {

/// Sessions of the page on PostgreSQL, over a connection of its own, by the
/// database's clock. Those that are over go when another begins.
class pg_sessions final : public session_list {
public:
  static constexpr std::chrono::hours longest{7 * 24};
  static constexpr std::chrono::hours longest_idle{12};

  explicit pg_sessions(pg_options options);

  caf::expected<session_begun> begin(const begin_session&) override;
  caf::expected<session_found> find(const find_session&) override;
  caf::expected<session_ended> end(const end_session&) override;

private:
  pg_connection db_;
};

} // namespace telltale

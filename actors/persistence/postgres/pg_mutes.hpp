#pragma once

#include "actors/persistence/postgres/pg_connection.hpp"
#include "actors/persistence/store.hpp"

namespace telltale {

/// What operators hold back, on PostgreSQL, over a connection of its own. Mutes
/// whose time is over are as good as gone, and go with the next change.
class pg_mutes final : public mute_list {
public:
  explicit pg_mutes(pg_options options);

  caf::expected<mute_put> put(const put_mute&) override;
  caf::expected<mute_cleared> clear(const clear_mute&) override;
  caf::expected<mutes_listed> list(const list_mutes&) override;

private:
  pg_connection db_;
};

} // namespace telltale

#pragma once

#include "actors/persistence/postgres/pg_connection.hpp"
#include "actors/persistence/store.hpp"

// The log and the deliveries in PostgreSQL.
//
// Whoever writes an event takes its position under a lock that lasts until the
// commit (event_positions.hpp), so positions become visible in their order;
// there are gaps between them. Deliveries are leased under a lock a relay; of a
// chat only the first pending ones are ever taken, so a chat reads its messages
// in the order of the log. One thread each; calls block.

namespace telltale {

class pg_event_log final : public event_log_store {
public:
  explicit pg_event_log(pg_options options);

  caf::expected<events_found> read(const read_events&) override;

private:
  pg_connection connection_;
};

class pg_deliveries final : public delivery_store {
public:
  explicit pg_deliveries(pg_options options);

  caf::expected<deliveries_leased> take(const take_deliveries&) override;
  caf::expected<leases_renewed> renew(const renew_leases&) override;
  caf::expected<deliveries_gathered> gather(const gather_deliveries&) override;
  caf::expected<std::vector<record_deliveries>>
  find_unconfigured(const configured_relays&) override;
  caf::expected<committed<deliveries_recorded>>
  record(const record_deliveries&) override;

private:
  pg_connection connection_;
};

class pg_redeliveries final : public redelivery_store {
public:
  explicit pg_redeliveries(pg_options options);

  caf::expected<redelivery_queued> redeliver_one(const redeliver&) override;
  caf::expected<dead_requeued> redeliver_all(const redeliver_dead&) override;
  caf::expected<backlog_read> read(const read_backlog&) override;

private:
  pg_connection connection_;
};

} // namespace telltale

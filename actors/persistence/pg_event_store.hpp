#pragma once

#include "actors/persistence/pg_connection.hpp"
#include "actors/persistence/store.hpp"

namespace telltale {

/// The event log and the deliveries in PostgreSQL.
///
/// Whoever writes an event takes its position under a lock that lasts until the
/// commit (event_positions.hpp), so positions become visible in their order;
/// there are gaps between them. What nobody has to be told is published by
/// that; its envelope is written when it is read. Publishers of what is due
/// take turns on all replicas. Deliveries are leased under a lock a relay; of a
/// chat only the first pending ones are ever taken, so a chat reads its
/// messages in the order of the log. One thread; calls block.
class pg_event_store final : public event_store {
public:
  explicit pg_event_store(pg_options options,
                          envelope_writer write_envelope = {});

  caf::expected<events_stored> publish(const publish_events&) override;
  caf::expected<unpublished_taken> take(const take_unpublished&) override;
  caf::expected<events_read> read(const read_events&) override;
  caf::expected<deliveries_taken> take(const take_deliveries&) override;
  caf::expected<deliveries_gathered> gather(const gather_deliveries&) override;
  caf::expected<committed<deliveries_recorded>>
  record(const record_deliveries&) override;
  caf::expected<redelivery_queued> redeliver_one(const redeliver&) override;
  caf::expected<dead_requeued> redeliver_all(const redeliver_dead&) override;
  caf::expected<backlog_read> read(const read_backlog&) override;

private:
  pg_connection connection_;
  envelope_writer write_envelope_; ///< for events without a stored payload
};

} // namespace telltale

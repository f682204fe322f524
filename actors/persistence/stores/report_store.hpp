#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "actors/persistence/store.hpp"
#include "actors/persistence/stores/commit_turnstile.hpp"
#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

// Commits status reports: one connection, one transaction in flight.
//
// Accepts `commit_reports` (status_intake), `flush_reports` (itself, and the
// writer before it) and `flush_tick` (itself). Sends
// `reports_settled` to the waiter that a batch names, once all of it is
// settled, `events_committed` to failed_task_payload, and `masks_missed` to
// where the batch names, for reports that were masked with too little. Never
// answers success before the commit, never reorders the reports of one task.
//
// Failure: while the database is away reports wait and are tried again; those
// that waited for `patience` are answered `database_unavailable`. A batch whose
// commit is in doubt may be applied again: every write is guarded by the state
// that it expects. Reports in the queue when the actor ends are answered by
// whoever holds their reply tokens.
//
// Threading: blocks in the store, so it is spawned detached. What arrives while
// it blocks is gathered into the next transaction (a group commit without a
// linger timer; docs/adr has the measurements). With few reports it waits until
// the other writers are through, so that these, too, go into fewer
// transactions.

struct report_store_options {
  std::uint32_t batch_max_rows = 100;
  std::chrono::milliseconds batch_max_delay{0}; ///< 0: never waits for more
  std::chrono::milliseconds patience{10'000};
  std::chrono::milliseconds retry_every{100}; ///< while the database is away
  std::shared_ptr<commit_turnstile>
      turn{};           ///< of all writers; null: this is the only
  std::size_t few = 16; ///< fewer reports wait for their turn,
  std::chrono::milliseconds longest_turn{50}; ///< so long
};

struct report_store_state {
  static inline const char* name = "report-store";

  /// One message's worth of reports; `taken` of them are settled.
  struct waiting {
    report_batch batch;
    report_waiter_handle waiter;
    std::chrono::steady_clock::time_point deadline;
    std::size_t taken = 0;
    masks_missed_handle again;
  };

  std::unique_ptr<report_writer> store;
  failed_task_payload_actor listener;
  counter_board_ptr counters;
  report_store_options options;
  std::deque<waiting> queue;
  bool flush_pending = false; ///< our own `flush_reports` is on its way
  bool resting = false; ///< the database is away, until the next `flush_tick`
  actor_timer<flush_tick> flush; ///< for what has to wait
  /// Since when others are under way before it.
  std::optional<std::chrono::steady_clock::time_point> waits_since;
};

[[nodiscard]] report_store_actor::behavior_type
report_store(report_store_actor::stateful_pointer<report_store_state> self,
             std::unique_ptr<report_writer> store,
             failed_task_payload_actor listener, counter_board_ptr counters,
             report_store_options options = {});

} // namespace telltale

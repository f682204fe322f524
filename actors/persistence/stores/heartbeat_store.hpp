#pragma once

#include <cstddef>
#include <memory>

#include "actors/persistence/store.hpp"
#include "actors/persistence/stores/gathered_calls.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// Commits heartbeats, and knows the runners that register by themselves.
///
/// Accepts `register_runtimes`, `deregister_runtimes`, `find_runtimes` and
/// `beat_heart` (gateway) and `flush_beats` (itself). Sends
/// `events_committed` should a heartbeat ever cause an event. Never keeps a
/// heartbeat back to wait for more.
///
/// Failure: an error of the store is the answer; the runner's next heartbeat is
/// the repetition. One that the database refuses fails alone. Those that wait
/// when the actor ends are answered `database_unavailable`.
///
/// Threading: blocks in the store, so it is spawned detached. What arrives
/// while it blocks goes into the next transaction: however many runners there
/// are, the database sees a few statements at a time.
struct heartbeat_store_state {
  static inline const char* name = "heartbeat-store";
  static constexpr std::size_t most_at_once = 500; ///< heartbeats a transaction

  std::unique_ptr<heartbeats> store;
  failed_task_payload_actor listener;
  counter_board_ptr counters;
  gathered_calls<beat_heart, heart_beaten> beats;
};

[[nodiscard]] heartbeat_store_actor::behavior_type heartbeat_store(
    heartbeat_store_actor::stateful_pointer<heartbeat_store_state> self,
    std::unique_ptr<heartbeats> store, failed_task_payload_actor listener,
    counter_board_ptr counters);

} // namespace telltale

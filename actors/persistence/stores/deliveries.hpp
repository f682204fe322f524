#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// The deliveries of all relays as an actor.
///
/// Accepts take_deliveries, gather_deliveries, record_deliveries,
/// configured_relays. Sends events_committed with what became of deliveries to
/// failed_task_payload. Never sends a message to a chat. Failure: answers the
/// store's error; every request may be repeated, and what is to be ended for
/// want of a relay is tried again by itself. Threading: blocks on the database;
/// the composition root spawns it detached.
struct deliveries_state {
  static inline const char* name = "deliveries";

  std::unique_ptr<delivery_store> store;
  failed_task_payload_actor listener;
  counter_board_ptr counters;
  std::optional<configured_relays> known; ///< nothing: nobody has said yet
  std::chrono::steady_clock::time_point look_at{}; ///< for other relays' next
};

[[nodiscard]] delivery_store_actor::behavior_type
deliveries(delivery_store_actor::stateful_pointer<deliveries_state> self,
           std::unique_ptr<delivery_store> store,
           failed_task_payload_actor listener, counter_board_ptr counters);

} // namespace telltale

#pragma once

#include <memory>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/store.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// The event log as an actor.
///
/// Accepts publish_events, take_unpublished, read_events; answers when it is
/// committed. Sends nothing. Never keeps anything in memory.
/// Failure: answers the store's error; every request may be repeated.
/// Threading: blocks on the database; the composition root spawns it detached.
struct event_log_state {
  static inline const char* name = "event-log";

  std::shared_ptr<event_store> store; ///< ours alone
};

[[nodiscard]] event_store_actor::behavior_type
event_log(event_store_actor::stateful_pointer<event_log_state> self,
          std::shared_ptr<event_store> store);

/// The deliveries of all relays as an actor.
///
/// Accepts take_deliveries, gather_deliveries, record_deliveries, redeliver,
/// redeliver_dead, read_backlog. Sends events_committed with what became of
/// deliveries to `publisher`. Never sends a message to a chat. Failure: answers
/// the store's error; every request may be repeated. Threading: blocks on the
/// database; the composition root spawns it detached.
struct delivery_log_state {
  static inline const char* name = "delivery-log";

  std::shared_ptr<event_store> store; ///< ours alone
  failed_task_payload_actor publisher;
};

[[nodiscard]] delivery_store_actor::behavior_type
delivery_log(delivery_store_actor::stateful_pointer<delivery_log_state> self,
             std::shared_ptr<event_store> store,
             failed_task_payload_actor publisher);

} // namespace telltale

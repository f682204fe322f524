#pragma once

#include <memory>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/store.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// The event log as an actor.
///
/// Accepts read_events. Sends nothing. Never keeps anything in memory.
/// Failure: answers the store's error; every request may be repeated.
/// Threading: blocks on the database; the composition root spawns it detached.
struct event_log_state {
  static inline const char* name = "event-log";

  std::unique_ptr<event_log_store> store;
};

[[nodiscard]] event_log_actor::behavior_type
event_log(event_log_actor::stateful_pointer<event_log_state> self,
          std::unique_ptr<event_log_store> store);

} // namespace telltale

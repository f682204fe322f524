#pragma once

#include <memory>

#include <caf/typed_event_based_actor.hpp>

#include "actors/persistence/store.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// Deliveries as people look after them, as an actor: so what people ask waits
/// for no relay, and no relay for them.
///
/// Accepts redeliver, redeliver_dead, read_backlog. Sends nothing. Failure:
/// answers the store's error; every request may be repeated. Threading: blocks
/// on the database; the composition root spawns it detached.
struct redeliveries_state {
  static inline const char* name = "redeliveries";

  std::unique_ptr<redelivery_store> store;
};

[[nodiscard]] redelivery_store_actor::behavior_type
redeliveries(redelivery_store_actor::stateful_pointer<redeliveries_state> self,
             std::unique_ptr<redelivery_store> store);

} // namespace telltale

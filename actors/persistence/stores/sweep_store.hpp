#pragma once

#include <memory>

#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct sweep_store_state {
  static inline const char* name = "sweep-store";
  std::unique_ptr<sweeper> store;
  failed_task_payload_actor listener;
  counter_board_ptr counters;
};

/// Settles what went silent. Sends `events_committed`.
[[nodiscard]] sweep_store_actor::behavior_type
sweep_store(sweep_store_actor::stateful_pointer<sweep_store_state> self,
            std::unique_ptr<sweeper> store, failed_task_payload_actor listener,
            counter_board_ptr counters);

} // namespace telltale

#pragma once

#include <memory>

#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct statistics_state {
  static inline const char* name = "statistics";
  std::unique_ptr<statistics_store> store;
  counter_board_ptr counters;
};

/// Counts for people and pages. Blocks in its store and is spawned detached; an
/// error of the store is the answer, since whoever asks knows whether to ask
/// again.
[[nodiscard]] statistics_actor::behavior_type
statistics(statistics_actor::stateful_pointer<statistics_state> self,
           std::unique_ptr<statistics_store> store, counter_board_ptr counters);

} // namespace telltale

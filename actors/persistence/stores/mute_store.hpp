#pragma once

#include <memory>

#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct mute_store_state {
  static inline const char* name = "mute-store";
  std::unique_ptr<mute_list> store;
  counter_board_ptr counters;
};

/// What operators hold back. Blocks in its store and is spawned detached; an
/// error of the store is the answer, since whoever asks knows whether to ask
/// again.
[[nodiscard]] mute_store_actor::behavior_type
mute_store(mute_store_actor::stateful_pointer<mute_store_state> self,
           std::unique_ptr<mute_list> store, counter_board_ptr counters);

} // namespace telltale

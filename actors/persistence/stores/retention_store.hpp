#pragma once

#include <memory>

#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct retention_store_state {
  static inline const char* name = "retention-store";
  std::unique_ptr<row_pruner> store;
};

/// Deletes what is old. Blocks in its store and is spawned detached; an error
/// of the store is the answer, since whoever asks knows whether to ask again.
[[nodiscard]] retention_store_actor::behavior_type retention_store(
    retention_store_actor::stateful_pointer<retention_store_state> self,
    std::unique_ptr<row_pruner> store);

} // namespace telltale

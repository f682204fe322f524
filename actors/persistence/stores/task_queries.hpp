#pragma once

#include <memory>

#include "actors/persistence/store.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

struct task_query_state {
  static inline const char* name = "task-queries";
  std::unique_ptr<task_reader> store;
  counter_board_ptr counters;
};

/// Reads for people and pages. Blocks in its store and is spawned detached; an
/// error of the store is the answer, since whoever asks knows whether to ask
/// again.
[[nodiscard]] task_query_actor::behavior_type
task_queries(task_query_actor::stateful_pointer<task_query_state> self,
             std::unique_ptr<task_reader> store, counter_board_ptr counters);

} // namespace telltale

#pragma once

#include <cstddef>
#include <memory>

#include "actors/persistence/store.hpp"
#include "actors/persistence/stores/gathered_calls.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

// Changes tasks as people ask for it.
//
// Accepts `create_task`, `cancel_task`, `retry_task` and `flush_creates`
// (itself); sends `events_committed` to failed_task_payload. Never claims: a
// create waits for no runner.
//
// Failure: an error of the store is the answer; nothing is tried again here,
// since whoever asks knows whether it is still worth it. A create that the
// database refuses fails alone. One without a key whose client has gone is not
// carried out: the client, not knowing, would make the task twice. Those that
// wait when the actor ends are answered `database_unavailable`.
//
// Threading: blocks in its store; spawned detached. Creates that arrive while
// it blocks go into the next transaction.

struct task_commands_state {
  static inline const char* name = "task-commands";
  static constexpr std::size_t most_at_once = 100; ///< creates a transaction

  std::unique_ptr<task_command_store> store;
  failed_task_payload_actor listener; ///< hears of what was committed
  counter_board_ptr counters;
  gathered_calls<create_task, task_created> creates;
};

[[nodiscard]] task_commands_actor::behavior_type
task_commands(task_commands_actor::stateful_pointer<task_commands_state> self,
              std::unique_ptr<task_command_store> store,
              failed_task_payload_actor listener, counter_board_ptr counters);

} // namespace telltale

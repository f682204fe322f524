#pragma once

#include <cstddef>
#include <memory>

#include "actors/persistence/store.hpp"
#include "actors/persistence/stores/gathered_calls.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

// Gives queued tasks to runners.
//
// Accepts `claim_tasks`, `return_tasks` and `flush_claims` (itself); sends
// `events_committed` to failed_task_payload. Never waits for a task: who finds
// none is answered so.
//
// Failure: an error of the store is the answer; one that the database refuses
// fails alone. A claim that nobody waits for when its turn comes is answered
// `call_expired` before the database is asked: carried out, it would take a
// task that no runner ever sees. Those that wait when the actor ends are
// answered `database_unavailable`.
//
// Threading: blocks in its store; spawned detached. Claims that arrive while it
// blocks go into the next transaction.

struct claim_dispatcher_state {
  static inline const char* name = "claim-dispatcher";
  static constexpr std::size_t most_at_once = 200; ///< tasks a transaction

  std::unique_ptr<claim_store> store;
  failed_task_payload_actor listener; ///< hears of what was committed
  counter_board_ptr counters;
  gathered_calls<claim_tasks, tasks_claimed> claims;
};

[[nodiscard]] claim_dispatcher_actor::behavior_type claim_dispatcher(
    claim_dispatcher_actor::stateful_pointer<claim_dispatcher_state> self,
    std::unique_ptr<claim_store> store, failed_task_payload_actor listener,
    counter_board_ptr counters);

} // namespace telltale

#pragma once

#include <chrono>
#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include <caf/typed_event_based_actor.hpp>

#include "actors/reaper/policy.hpp"
#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// Finds what went silent and has it settled.
///
/// Accepts reap_now and check_truth_now from itself, runner_recovered from the
/// gateway, options from the system. Sends sweep_tasks and check_truth to the
/// sweep store, one request of a tick at a time, and asks again at once while
/// there is more. Never decides about a single task: the store does, under the
/// guard of its state.
///
/// Failure: what a tick could not settle is found by the next one; a recovery
/// is answered with the store's error, and the runner asks again.
/// Threading: the scheduler's; blocks never.
struct reaper_state {
  static inline const char* name = "reaper";

  /// No aggregate: CAF constructs a state from the actor's pointer where that
  /// is possible, and C++20 finds it possible if the first member is a handle.
  reaper_state() = default;

  static constexpr std::chrono::milliseconds check_every{60'000};
  /// The first check looks back further, over what a crash left.
  static constexpr std::chrono::milliseconds first_window{3'600'000};
  /// Transactions that were open during the check before.
  static constexpr std::chrono::milliseconds overlap{5'000};

  // Not the handle first: CAF would take the state for one to be constructed
  // from the actor's pointer.
  config::reaper_config options;
  sweep_store_actor store;
  counter_board_ptr counters; ///< never null
  std::minstd_rand random;
  std::vector<sweep_tasks> plan; ///< of the tick under way
  std::size_t step = 0;          ///< == plan.size(): no tick is under way
  actor_timer<reap_now> reap;
  actor_timer<check_truth_now> check;
  bool sweep_failed = false; ///< the last one did, and that was logged
  bool checking = false;     ///< a check is under way
  caf::actor_clock::time_point checked_at{}; ///< the last check that went well
};

[[nodiscard]] reaper_actor::behavior_type
reaper(reaper_actor::stateful_pointer<reaper_state> self,
       sweep_store_actor store, config::reaper_config options,
       counter_board_ptr counters);

} // namespace telltale

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "config/config.hpp"
#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// Has what is old deleted, a little at a time.
///
/// Accepts prune_now from itself, options from the system. Sends prune_old to
/// the retention store, one request at a time, with a pause between two batches
/// so that reports never wait for it. A round begins every hour; the first one
/// a minute after the start. Several replicas may do it at once: each skips
/// what another holds.
///
/// Failure: a round ends with its first error; the next one goes on where it
/// stopped, since it looks for what is old again.
/// Threading: the scheduler's; blocks never.
struct retention_state {
  static inline const char* name = "retention";

  /// No aggregate; see reaper_state.
  retention_state() = default;

  static constexpr std::chrono::minutes first_round{1};
  static constexpr std::chrono::hours every{1};
  static constexpr std::chrono::milliseconds pause{50};

  config::retention_config options;
  retention_store_actor store;
  counter_board_ptr counters;   ///< never null
  std::vector<prune_old> round; ///< of the round under way
  std::size_t step = 0;         ///< == round.size(): none is under way
  std::uint64_t pruned = 0;     ///< in this round
  actor_timer<prune_now> next;  ///< batch, of this round or the next one
};

[[nodiscard]] retention_actor::behavior_type
retention(retention_actor::stateful_pointer<retention_state> self,
          retention_store_actor store, config::retention_config options,
          counter_board_ptr counters);

} // namespace telltale

#pragma once

#include <chrono>
#include <cstdint>

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "messages/actor_timer.hpp"
#include "messages/counters.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// Has the words of finished tasks written to the index that searches ask.
///
/// Accepts index_now from itself. Sends index_words to the search store, one
/// request at a time. While there is more, it rests after each (`rest_after`):
/// filling a new index takes half of a core while nobody else asks the
/// database, and a tenth beside reports. Several replicas may do it at once:
/// one of them writes.
///
/// Failure: a batch that fails is tried again at the next look. A database
/// without the extension is told to the operator once; searches then read the
/// tasks, which is slow, and right.
/// Threading: the scheduler's; blocks never.
struct search_state {
  static inline const char* name = "search";

  /// No aggregate; see reaper_state.
  search_state() = default;

  static constexpr std::chrono::seconds every{5};
  static constexpr std::chrono::minutes every_if_missing{10};
  static constexpr std::chrono::milliseconds shortest_rest{20};
  static constexpr int rests_if_contended = 9;
  static constexpr std::uint32_t batch = 500;

  search_store_actor store;
  std::uint64_t indexed = 0; ///< since the last look that found nothing more
  bool told_missing = false;
  bool told_failed = false; ///< the last batch failed, and that was logged
  actor_timer<index_now> next;
};

/// How long to rest after a batch that took so long and left more: as long
/// again, or nine times as long where others were at work.
[[nodiscard]] caf::actor_clock::duration_type
rest_after(const words_indexed& done, caf::actor_clock::duration_type took);

[[nodiscard]] search_actor::behavior_type
search(search_actor::stateful_pointer<search_state> self,
       search_store_actor store, counter_board_ptr counters);

} // namespace telltale

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/readiness/condition.hpp"
#include "messages/actor_timer.hpp"
#include "messages/protocols.hpp"

namespace telltale {

/// Keeps what is known of the database, so that nobody who asks has to wait for
/// it, and which relays are paused.
///
/// Accepts `read_readiness` (from the gateway; answered with what the database
/// says now, and at once, with what is known, if it does not answer),
/// `database_refused` (from connections), `relay_paused` (from relays) and
/// `watch_database` (itself). Sends `check_store` to a store of its own, one at
/// a time. Logs each change of state once, and exports
/// `telltale_database_stalled`. Never blocks.
///
/// Failure: a question that is not answered for `patience` makes the database
/// one that does not answer; one that is lost with a crashed store is given up
/// after `lost`. Threading: the scheduler's.
struct readiness_state {
  static inline const char* name = "readiness";

  /// No aggregate: it holds a timer.
  readiness_state() = default;
  ~readiness_state(); ///< answers those who wait

  /// From one question to the next: with `patience`, a hang is known within
  /// 2 s.
  static constexpr std::chrono::milliseconds every{700};
  static constexpr std::chrono::minutes lost{2};

  using time_point = database_condition::time_point;

  task_query_actor store;
  counter_board_ptr counters;
  database_condition condition;
  actor_timer<watch_database> timer;
  std::optional<time_point> asked; ///< the question that waits
  std::uint64_t number = 0;        ///< of the last question
  /// They wait for the question that is under way, for `patience` at most.
  std::vector<caf::typed_response_promise<readiness_read>> readers;
  std::map<std::string, relay_pause> paused; ///< by the relay's name
};

/// `store` serves no one else: what it does for others would look like a
/// database that does not answer. `known` is what the start has seen.
[[nodiscard]] readiness_actor::behavior_type
readiness(readiness_actor::stateful_pointer<readiness_state> self,
          task_query_actor store, store_checked known,
          counter_board_ptr counters);

} // namespace telltale
